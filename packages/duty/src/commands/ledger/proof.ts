import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Io } from '@watchbill/kit/command/io';
import type { ProofReport } from '../../proof/index.ts';
import { asFault, loadProof, progress } from './runtime.ts';

/** Verify export files in a scratch folder that is removed afterwards. */
export async function proveFiles(io: Io, files: readonly string[], isQuiet: boolean): Promise<ProofReport> {
  const { verifyExports } = await loadProof();
  const tick = progress(io, !isQuiet);
  const inputs = files.map((name) => ({ name, bytes: createReadStreamLater(resolve(io.cwd, name)) }));
  const scratch = mkdtempSync(join(tmpdir(), 'watchbill-proof-'));
  try {
    return await asFault(files[0] ?? '', () =>
      verifyExports(inputs, {
        scratch: join(scratch, 'proof.db'),
        onProgress: (stage, count, of) =>
          tick(stage === 'read' ? `read ${count} lines of ${of}` : `check ${of}`),
      }),
    );
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** A stream that is opened when its turn comes, so that any number of files needs one handle. */
async function* createReadStreamLater(path: string): AsyncGenerator<Uint8Array> {
  yield* await asFault(path, async () => createReadStream(path, { highWaterMark: 1 << 18 }));
}
