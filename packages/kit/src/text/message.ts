/** The message of a caught value: that of an error, else the value as a text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
