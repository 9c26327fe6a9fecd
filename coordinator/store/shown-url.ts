// A database's URL as it may be shown: in messages, logs and reports.

/** `url` without its password; of what cannot be taken apart the scheme alone. */
export function withoutPassword(url: string): string {
  try {
    const parsed = new URL(url);
    parsed.password = "";
    parsed.searchParams.delete("password");
    return parsed.toString();
  } catch {
    return `${url.split("://")[0] ?? ""}://…`;
  }
}
