/** Letters of the nodes of a key, in the order of their ranks. The style and the terminal have them. */
export const LETTERS = 'ABCDFGH';

interface Shown {
  /** Class of the page, whose style has a sign for it. */
  readonly css: string;
  readonly meaning: string;
  /** ASCII, so that it has one column of a terminal. */
  readonly sign: string;
  readonly tone: 'warn' | 'bad';
}

/** How an outcome that is not a grant is shown. */
export const OUTCOMES: Readonly<Record<string, Shown>> = {
  entered: { css: 'e', meaning: '… entered', sign: '.', tone: 'warn' },
  denied: { css: 'x', meaning: '✕ denied', sign: 'x', tone: 'bad' },
  unknown: { css: 'q', meaning: '? unknown', sign: '?', tone: 'warn' },
  'not-asked': { css: 'n', meaning: '– not asked', sign: '-', tone: 'bad' },
  late: { css: 'l', meaning: '› late', sign: '>', tone: 'warn' },
  slow: { css: 's', meaning: '~ slow', sign: '~', tone: 'warn' },
  unseen: { css: 'v', meaning: '∅ not on the chain', sign: '!', tone: 'bad' },
  'other-author': { css: 'w', meaning: '⇄ another author', sign: '=', tone: 'warn' },
};
