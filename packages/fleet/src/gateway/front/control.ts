import { connect } from 'node:net';

const ANSWER_MS = 2_000;
const MOST_BYTES = 4 << 20;
/** Commands on one line; HAProxy reads lines of 16 KiB at most. */
const MOST_AT_ONCE = 40;

/**
 * Tells a running HAProxy something over its socket, and gives what it answers. Throws where it gives no whole answer in that time.
 * Source: HAProxy 2.6 management guide, 9.3.
 */
export function tellFront(socketFile: string, command: string, answerMs = ANSWER_MS): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketFile);
    const chunks: Buffer[] = [];
    let size = 0;
    const fail = (why: string) => {
      socket.destroy();
      reject(new Error(`the front ${why}`));
    };
    const timer = setTimeout(() => fail(`gave no answer in ${answerMs} ms`), answerMs);
    socket.on('data', (chunk) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > MOST_BYTES) fail('answers without end');
    });
    socket.on('error', ({ message }) => fail(`cannot be told anything: ${message}`));
    socket.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    socket.on('close', () => clearTimeout(timer));
    socket.end(`${command}\n`);
  });
}

/** A key by its SHA-256, and the tier that it has. */
export type FrontKeys = ReadonlyMap<string, string>;

/** As the file that HAProxy reads when it starts. */
export function keysText(keys: FrontKeys): string {
  return [...keys].map(([hash, tier]) => `${hash} ${tier}\n`).join('');
}

/** Lines of commands that make the keys of a running front those of `next`. */
export function keyCommands(keysFile: string, before: FrontKeys, next: FrontKeys): readonly string[] {
  const gone = [...before].filter(([hash, tier]) => next.get(hash) !== tier);
  const come = [...next].filter(([hash, tier]) => before.get(hash) !== tier);
  // First what is taken away: a key that changed its tier has none for a moment.
  const commands = [
    ...gone.map(([hash]) => `del map ${keysFile} ${hash}`),
    ...come.map(([hash, tier]) => `add map ${keysFile} ${hash} ${tier}`),
  ];
  const lines = Array.from(
    { length: Math.ceil(commands.length / MOST_AT_ONCE) },
    (_, at) => at * MOST_AT_ONCE,
  );
  return lines.map((at) => commands.slice(at, at + MOST_AT_ONCE).join(';'));
}

/** Makes the keys of a running front those of `next`. Throws where it is not sure that it did. */
export async function changeKeys(
  socketFile: string,
  keysFile: string,
  before: FrontKeys,
  next: FrontKeys,
): Promise<void> {
  for (const line of keyCommands(keysFile, before, next)) {
    const answer = await tellFront(socketFile, line);
    // Nothing is said where all went well.
    if (answer.trim() !== '')
      throw new Error(`the front did not take the keys: ${answer.trim().slice(0, 200)}`);
  }
}

/** Answers of one backend of the front since it started. */
export interface FrontCount {
  readonly answered: number;
  readonly failed: number;
  readonly refused: number;
}

/** By name of backend. */
export async function frontCounts(socketFile: string): Promise<ReadonlyMap<string, FrontCount>> {
  return countsIn(await tellFront(socketFile, 'show stat -1 2 -1'));
}

/** As `show stat` has them, for backends alone. */
export function countsIn(text: string): ReadonlyMap<string, FrontCount> {
  const [head = '', ...lines] = text.split('\n');
  const names = head.replace(/^# /, '').split(',');
  const column = (name: string) => names.indexOf(name);
  const [proxy, ok, refused, failed] = ['pxname', 'hrsp_2xx', 'hrsp_4xx', 'hrsp_5xx'].map(column);
  const number = (cells: readonly string[], at: number | undefined) => Number(cells[at ?? -1] ?? 0) || 0;
  return new Map(
    lines
      .map((line) => line.split(','))
      .filter((cells) => cells.length > 4)
      .map((cells) => [
        cells[proxy ?? 0] ?? '',
        { answered: number(cells, ok), refused: number(cells, refused), failed: number(cells, failed) },
      ]),
  );
}
