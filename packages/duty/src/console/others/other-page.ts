/** The result of one look at a page of another capability. */
export interface Look {
  /**
   * `strange`: it answers, in a shape that this release does not know. `silent`: no answer, or an error of
   * its server.
   */
  readonly state: 'well' | 'unwell' | 'strange' | 'silent';
  /** For people, without a full stop; it may hold text of the other process. */
  readonly sentence: string;
}

/** The page of another capability, which another process serves. */
export interface OtherPage {
  /** For example `nominate`. */
  readonly name: string;
  /** An http or https address. */
  readonly url: string;
  /** Null until the first look has ended. */
  readonly look: Look | null;
}

/** The state of one capability, in one sentence. */
export interface Said {
  readonly isWell: boolean;
  /** For example `9 of 9 nodes of trial answer; seen 12 seconds ago`. */
  readonly sentence: string;
}

/** The reader of one capability. */
export interface Capability {
  /** Paths of its public JSON, relative to its page. The first one decides whether it is this capability. */
  readonly paths: readonly [first: string, ...more: string[]];
  /**
   * The answers as one sentence; pure. An answer that did not come is undefined. Null if the first one has
   * another shape than this release knows.
   */
  readonly say: (answers: readonly unknown[]) => Said | null;
}
