import { dirname, join, resolve } from 'node:path';
import { fault, usageFault } from '@watchbill/kit';
import { withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { whole } from '@watchbill/kit/command/numbers';
import { lines, print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import type { OfflineRequest } from '../../transactions/index.ts';
import { textOfFile } from '../key/shown.ts';

/** Lines under a picture, so that it fits the screen together with the prompt. */
const NEXT = 'then store its answer: watchbill nominate tx answer';

/** `nominate tx qr` and `nominate tx answer`: the two steps of a person with an offline device. */
export function addOffline(parent: Command, io: Io): void {
  const qr = parent
    .command('qr')
    .argument('<file>', 'request of a folder signer: ID.request.json')
    .description('draw the QR code of a request, for Polkadot Vault')
    .option('--frame <n>', 'only this frame, from 1', whole('--frame', 'frames', 1, 16))
    .action((file: string, options: { readonly frame?: number }) => draw(io, file, options.frame));
  withExamples(qr, ['watchbill nominate tx qr payloads/4f2a90c1.request.json']);
  const answer = parent
    .command('answer')
    .argument('<file>', 'request of a folder signer: ID.request.json')
    .description('store the answer to a request, after a check of its signature')
    .option('--signature <hex>', 'signature, as Polkadot Vault shows it or as 64 bytes')
    .option('--refuse <why>', 'do not sign it')
    .option('--json', 'print JSON')
    .action((file: string, options: AnswerFlags) => store(io, file, options));
  withExamples(answer, [
    'watchbill nominate tx answer payloads/4f2a90c1.request.json --signature 01c3…',
    'watchbill nominate tx answer payloads/4f2a90c1.request.json --refuse "wrong targets"',
  ]);
}

async function draw(io: Io, file: string, frame: number | undefined): Promise<void> {
  const { qrModules, qrText, vaultFrames } = await import('../../transactions/index.ts');
  const { request, scheme } = await requestIn(io, file);
  const made = vaultFrames(request, scheme);
  if (!made.ok) throw refused('no-qr', `this request has no QR code: ${made.why}`, file);
  const { frames } = made;
  if (frame !== undefined && frame > frames.length)
    throw usageFault(
      `--frame ${frame}: this request has ${frames.length}`,
      'leave the flag out for all frames',
    );
  for (const [index, bytes] of frames.entries()) {
    if (frame !== undefined && index + 1 !== frame) continue;
    if (frames.length > 1) io.out(lines([`frame ${index + 1} of ${frames.length}`]));
    const picture = qrText(qrModules(bytes), io.outIsTerminal);
    if (io.outIsTerminal) io.draw(picture);
    else io.out(picture);
  }
  io.out(lines([`scan it with Polkadot Vault; ${NEXT} ${file} --signature HEX`]));
}

interface AnswerFlags {
  readonly signature?: string;
  readonly refuse?: string;
  readonly json?: boolean;
}

async function store(io: Io, file: string, { signature, refuse, json }: AnswerFlags): Promise<void> {
  if ((signature === undefined) === (refuse === undefined))
    throw usageFault('one of --signature and --refuse is needed', 'write --signature HEX, or --refuse WHY');
  const { request, scheme } = await requestIn(io, file);
  const { id, account, message } = request;
  const { plainSignature } = await import('../../transactions/index.ts');
  const { transactionCrypto } = await import('../../chain/index.ts');
  const plain = signature === undefined ? '' : plainSignature(signature, scheme);
  const isValid = () =>
    /^0x[0-9a-f]{128}$/.test(plain) && transactionCrypto.verify(scheme, account, message, plain);
  if (signature !== undefined && !isValid())
    throw refused('wrong-signature', `this is no ${scheme} signature of ${account} over the request`, file);
  const answer = signature === undefined ? { id, refused: refuse } : { id, signature: plain };
  const { replaceFileSync } = await import('@watchbill/kit/files');
  const path = join(dirname(resolve(io.cwd, file)), `${id}.answer.json`);
  replaceFileSync({ path, text: `${JSON.stringify(answer)}\n`, mode: 0o600 });
  print(io, json, { file: path, ...answer }, () =>
    lines([`wrote ${path}; the programme reads it at its next step`]),
  );
}

async function requestIn(io: Io, file: string): Promise<OfflineRequest> {
  const { readOfflineRequest } = await import('../../transactions/index.ts');
  const found = readOfflineRequest(textOfFile(io, file));
  if (found === null)
    throw refused('no-request', 'this is not a request of a folder signer, or it was changed', file);
  return found;
}

function refused(code: string, what: string, where: string) {
  const remedy = 'use the newest ID.request.json in the folder of the signer, and the account that it names';
  return fault(code, 'denied', { what, where, remedy });
}
