/** Parser of an option that may be given more than once: all its values, in their order. */
export function repeated(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
