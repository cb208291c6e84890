import type { Stretch } from './report.ts';

/** The settings at the start of an observer; sent to its process as JSON. */
export interface ObserverSettings {
  /** At least two: one node may announce a block that the other does not. */
  readonly nodes: readonly { readonly name: string; readonly wsUrl: string }[];
  /**
   * Names of nodes that the observer asks for due slots, for the keys that they hold. Best a `full` node with
   * the keys of the identities: it signs nothing, and stays outside of the test. An Aura chain needs none.
   * Default: the first node.
   */
  readonly dueFrom?: readonly string[];
  /** The file that a node writes with `--record-votes`. Without it no votes are seen. */
  readonly votesFile?: string;
  /** The file that a node writes with `--record-blocks`. */
  readonly blocksFile?: string;
  /** Labels of accounts (`0x…`). Default: those of the development accounts' stashes. */
  readonly names?: Readonly<Record<string, string>>;
}

/** A question to the process. */
export type ObserverQuestion =
  | { readonly ask: 'report'; readonly id: number; readonly stretch: Partial<Stretch> }
  | {
      readonly ask: 'first-signature';
      readonly id: number;
      readonly identity: string;
      readonly momentMs: number;
    };

/** An answer of the process: first `ready`, then one for each question. */
export type ObserverMessage =
  | { readonly told: 'ready' }
  | { readonly told: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly told: 'failure'; readonly id: number | null; readonly text: string };
