export interface SeedInsertion {
  readonly executable: string;
  readonly chain: string;
  readonly keystore: string;
  /** Of the session key, as a keystore names it. */
  readonly type: string;
  readonly scheme: string | null | undefined;
  /** Where the seed lies when the command runs. */
  readonly file: string;
}

/**
 * The words that put a seed into a keystore. The file is named, so no seed stands on a command line. A path where no file is would be
 * taken for the seed itself, one that the whole world knows, so that is looked at first. Source: `read_uri` of sc-cli.
 */
export function seedInsertion(input: SeedInsertion): readonly string[] {
  const { executable, chain, keystore, type, scheme, file } = input;
  return [
    '/bin/sh',
    '-c',
    ONLY_FROM_A_FILE,
    file,
    executable,
    'key',
    'insert',
    `--chain=${chain}`,
    `--keystore-path=${keystore}`,
    `--key-type=${type}`,
    `--scheme=${scheme}`,
    `--suri=${file}`,
  ];
}

const ONLY_FROM_A_FILE =
  '[ -f "$0" ] && [ -s "$0" ] || { echo "there is no seed in $0" >&2; exit 1; }; exec "$@"';
