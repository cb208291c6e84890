import type { Position } from '../network/problem.ts';

/** The origin of a value. A later kind in this list wins over an earlier one. */
export type Origin =
  | { readonly from: 'default'; readonly role: string }
  | { readonly from: 'preset'; readonly preset: string }
  | {
      readonly from: 'file';
      /** The layer: `defaults`, the pool, one instance, or the section `service`. */
      readonly layer: 'defaults' | 'pool' | 'instance' | 'service';
      /** Path of the value in the file. */
      readonly path: readonly string[];
      readonly at: Position;
    };

/** `default of the role`, `preset NAME`, `pool, FILE:3:5`. */
export function originText(origin: Origin, file: string): string {
  if (origin.from === 'default') return `default of role ${origin.role}`;
  if (origin.from === 'preset') return `preset ${origin.preset}`;
  return `${origin.layer}, ${file}:${origin.at.line}:${origin.at.column}`;
}
