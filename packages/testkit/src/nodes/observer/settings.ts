import type { Stretch } from './report.ts';

/** What an observer is started with; sent to its process as JSON. */
export interface ObserverSettings {
  /** At least two: what one node does not tell, the other may. */
  readonly nodes: readonly { readonly name: string; readonly wsUrl: string }[];
  /**
   * Names of nodes that are asked which slots are due, for the keys that they hold. Best a `full` node with the keys of
   * the identities: it signs nothing, and stands outside of what is tested. An Aura chain needs none. Default: the first node.
   */
  readonly dueFrom?: readonly string[];
  /** The file that a node writes with `--record-votes`. Without it no votes are seen. */
  readonly votesFile?: string;
  /** The file that a node writes with `--record-blocks`. */
  readonly blocksFile?: string;
  /** Labels of accounts (`0x…`). Default: those of the development accounts' stashes. */
  readonly names?: Readonly<Record<string, string>>;
}

/** What the process is asked. */
export type ObserverQuestion =
  | { readonly ask: 'report'; readonly id: number; readonly stretch: Partial<Stretch> }
  | {
      readonly ask: 'first-signature';
      readonly id: number;
      readonly identity: string;
      readonly momentMs: number;
    };

/** What it answers: first `ready`, then one answer for each question. */
export type ObserverMessage =
  | { readonly told: 'ready' }
  | { readonly told: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly told: 'failure'; readonly id: number | null; readonly text: string };
