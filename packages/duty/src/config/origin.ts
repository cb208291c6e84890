/** Where a value of the configuration comes from. A later kind in this list wins over an earlier one. */
export type Origin =
  | { readonly kind: 'default' }
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly column: number }
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'flag'; readonly name: string };

export const PRECEDENCE: readonly Origin['kind'][] = ['default', 'file', 'environment', 'flag'];

/** Text for people: `watchbill.yaml:3:9`, `WATCHBILL_LOG_LEVEL`, `--log-level`, `default`. */
export function originText(origin: Origin): string {
  if (origin.kind === 'default') return 'default';
  if (origin.kind === 'file') return `${origin.file}:${origin.line}:${origin.column}`;
  return origin.kind === 'environment' ? `environment ${origin.name}` : `flag ${origin.name}`;
}

/** A value given by the environment or a flag. */
export interface Given {
  /** Dotted path of a field. */
  readonly path: string;
  readonly value: unknown;
  readonly origin: Origin;
}
