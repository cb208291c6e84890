/** How an execution went on this node. */
export interface Receipt {
  readonly action: string;
  readonly result: 'done' | 'done-by-another' | 'refused' | 'expired' | 'failed' | 'vetoed' | 'step';
  /** For people, on one line. */
  readonly text: string;
  /** An extrinsic that landed, if one did. */
  readonly extrinsic: { readonly hash: string; readonly block: string; readonly height: bigint } | null;
}
