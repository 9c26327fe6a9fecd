// How wide an element is, and what theme the page is in.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** The width of the element that `ref` is put on; 0 until it is laid out, and the last one while it is out of sight. */
export function useWidth() {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    const measure = (): void => {
      const now = Math.floor(element.getBoundingClientRect().width);
      // A hidden page, or one being photographed, has none: what is shown stays.
      if (now > 0) setWidth(now);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ref, width };
}

export type Theme = "auto" | "light" | "dark";
const darkQuery = matchMedia("(prefers-color-scheme: dark)");
const THEME_EVENT = "nearclone-theme";

export function storedTheme(): Theme {
  const stored = localStorage.getItem("theme");
  return stored === "light" || stored === "dark" ? stored : "auto";
}

export function applyTheme(theme: Theme): void {
  localStorage.setItem("theme", theme);
  if (theme === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
  dispatchEvent(new Event(THEME_EVENT));
}

function isDarkNow(): boolean {
  const theme = storedTheme();
  return theme === "auto" ? darkQuery.matches : theme === "dark";
}

export function useIsDark(): boolean {
  const [isDark, setIsDark] = useState(isDarkNow);
  useEffect(() => {
    const update = (): void => setIsDark(isDarkNow());
    darkQuery.addEventListener("change", update);
    addEventListener(THEME_EVENT, update);
    return () => {
      darkQuery.removeEventListener("change", update);
      removeEventListener(THEME_EVENT, update);
    };
  }, []);
  return isDark;
}

/** `value`, once it has stood still for `delayMs`. */
export function useSettled<Value>(value: Value, delayMs: number): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), delayMs);
    return () => clearTimeout(timer);
  }, [JSON.stringify(value), delayMs]);
  return settled;
}
