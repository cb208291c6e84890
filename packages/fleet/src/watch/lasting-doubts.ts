/** Facts that stay unknown: facts that no source has, and nodes that no exporter asks. */
export const LASTING_DOUBTS: readonly string[] = ['missed-primary', 'sessions-left', 'keys-not-asked'];
