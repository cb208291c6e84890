export interface SeedInsertion {
  readonly executable: string;
  readonly chain: string;
  readonly keystore: string;
  /** Of the session key, as a keystore names it. */
  readonly type: string;
  readonly scheme: string | null | undefined;
  /** The path of the seed when the command runs. */
  readonly file: string;
}

/**
 * The words that put a seed into a keystore. They name a file, so no seed appears on a command line. If the
 * file is missing, the node would use the path itself as the seed, and that path is public. So the command
 * checks for the file first. Source: `read_uri` of sc-cli.
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
