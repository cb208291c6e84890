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
