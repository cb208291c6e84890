const FIRST = '{"candidates":[';
const AFTER_CANDIDATES = '],"configVersion":';
const ELECTION = ',"election":';
const AFTER_ELECTION = ',"eras":';
const BETWEEN = '},{"backing":';

/** The text of a snapshot in parts, so that a reader can parse them one by one or leave them out. */
export interface SnapshotTexts {
  /** A JSON text for each candidate record, in order. */
  readonly candidates: readonly string[];
  /** A JSON text with all other fields, without the election. */
  readonly head: string;
}

/**
 * Splits the canonical text of a snapshot where its fields meet, and parses nothing. Canonical texts have
 * sorted keys and no blanks, and JSON writes a quote inside a string as `\"`, so the marks occur only between
 * fields. Example: `{"candidates":[A,B],"configVersion":"1","constants":…,"election":E,"eras":…}` gives the
 * candidates `A` and `B` and the head `{"configVersion":"1","constants":…,"eras":…}`. Throws if the text is
 * not canonical.
 */
export function splitSnapshot(text: string): SnapshotTexts {
  const candidatesEnd = text.indexOf(AFTER_CANDIDATES);
  const election = text.indexOf(ELECTION, candidatesEnd);
  const rest = text.indexOf(AFTER_ELECTION, election);
  if (!text.startsWith(FIRST) || candidatesEnd < 0 || election < 0 || rest < 0)
    throw new Error('the text is not the canonical text of a snapshot: store what encodeSnapshot returns');
  const list = text.slice(FIRST.length, candidatesEnd);
  const pieces = list === '' ? [] : list.split(BETWEEN);
  const last = pieces.length - 1;
  return {
    candidates: pieces.map(
      (piece, at) => `${at === 0 ? '' : BETWEEN.slice(2)}${piece}${at === last ? '' : BETWEEN[0]}`,
    ),
    head: `{${text.slice(candidatesEnd + 2, election)}${text.slice(rest)}`,
  };
}
