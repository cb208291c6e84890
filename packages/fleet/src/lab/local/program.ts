import { type ExecFileException, execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { LocalFault } from './local-fault.ts';

const run = promisify(execFile);
/** Far more than the usual second, for a machine at its limit. */
const RUN_MS = 120_000;

/** Path of an executable of a node, whose SHA-256 was checked. Throws a LocalFault. */
export async function checkedProgram(
  name: string,
  { source, sha256 }: { readonly source: string; readonly sha256: string },
): Promise<string> {
  if (!source.startsWith('/'))
    throw new LocalFault(
      'program',
      `${name}: ${source} is not on this machine`,
      'fetch it, and write its path as software.binary.source',
    );
  if (!existsSync(source))
    throw new LocalFault(
      'program',
      `${name}: ${source} does not exist`,
      'build or fetch the node, and write its path as software.binary.source',
    );
  const hash = createHash('sha256');
  await pipeline(createReadStream(source), hash);
  const found = hash.digest('hex');
  if (found === sha256) return source;
  throw new LocalFault(
    'program',
    `${name}: ${source} has the SHA-256 ${found}, not the expected ${sha256}`,
    'restore the right program; or, if it was changed on purpose, write the new sha256 into the file',
  );
}

/**
 * Makes a node key if there is none, and returns its peer id. A node without a built-in chain needs a chain
 * for that, too.
 */
export async function nodeKey(program: string, file: string, chain: string): Promise<string> {
  if (!existsSync(file))
    await runNode(program, ['key', 'generate-node-key', '--chain', chain, '--file', file]);
  const { stdout } = await runNode(program, ['key', 'inspect-node-key', '--file', file]);
  const peerId = stdout.trim();
  if (/^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/.test(peerId)) return peerId;
  throw new LocalFault(
    'keys',
    `${file} is not a node key that the program reads`,
    'restore it from a backup; an existing node key is never replaced',
  );
}

/** Puts the seed that a file holds into a keystore. The seed is in no argument and in no error. */
export async function insertSeed(
  program: string,
  keystore: string,
  chain: string,
  { type, scheme, file }: { readonly type: string; readonly scheme: string; readonly file: string },
): Promise<void> {
  if (!existsSync(file))
    throw new LocalFault(
      'keys',
      `there is no seed in ${file}`,
      'put it there: the folder is the secret, the file its entry',
    );
  // The node would take a path that does not exist for the seed itself.
  await runNode(program, [
    'key',
    'insert',
    '--keystore-path',
    keystore,
    '--chain',
    chain,
    '--key-type',
    type,
    '--scheme',
    scheme,
    '--suri',
    file,
  ]);
}

async function runNode(program: string, args: readonly string[]): Promise<{ readonly stdout: string }> {
  try {
    return await run(program, [...args], { timeout: RUN_MS, maxBuffer: 1 << 20 });
  } catch (error) {
    const [verb, noun] = args;
    throw new LocalFault(
      'program',
      `\`${verb} ${noun}\` of the node failed: ${howItEnded(error)}`,
      `run ${program} ${verb} ${noun} --help: it must be a node of polkadot-sdk`,
      error,
    );
  }
}

/** Without the program's output, because its arguments named the file of a seed. */
function howItEnded(error: unknown): string {
  const { killed, signal, code } = error as ExecFileException;
  if (killed === true) return `it did not end within ${RUN_MS / 1_000} s`;
  return signal === null || signal === undefined ? `exit ${code}` : `signal ${signal}`;
}
