// Form fields with their labels.
import { useId } from "preact/hooks";
import { words } from "../number.ts";

export interface Option {
  readonly value: string;
  readonly label: string;
}

export function optionsOf(names: readonly string[]): Option[] {
  return names.map((name) => ({ value: name, label: words(name) }));
}

interface SelectProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly Option[];
  readonly onChange: (value: string) => void;
  readonly isCompact?: boolean;
}

export function Select({ label, value, options, onChange, isCompact = false }: SelectProps) {
  const id = useId();
  return (
    <div class={isCompact ? "field compact" : "field"}>
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map((option) => <option key={option.value} value={option.value}>{option.label}</option>)}
      </select>
    </div>
  );
}

interface NumberProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly placeholder?: string;
}

/** A number as text; empty says none. */
export function NumberField({ label, value, onChange, placeholder = "" }: NumberProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input id={id} type="text" inputMode="decimal" value={value} placeholder={placeholder}
        onChange={(event) => onChange(event.currentTarget.value.trim())} />
    </div>
  );
}

interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly most: number;
  readonly text: string;
  readonly onInput: (value: number) => void;
}

export function Slider({ label, value, most, text, onInput }: SliderProps) {
  const id = useId();
  return (
    <div class="slider">
      <label for={id}>{label}</label>
      <output for={id}>{text}</output>
      <input id={id} type="range" min={0} max={most} step={1} value={value} aria-valuetext={text}
        onInput={(event) => onInput(Number(event.currentTarget.value))} />
    </div>
  );
}
