import { constants } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAddress } from '@watchbill/chain/address';
import { MOST_ANSWER_BYTES } from '@watchbill/chain/keys';
import { replaceFile } from '@watchbill/kit/files';
import type { NominationCall, StakingCall } from '../intent.ts';
import { signingAnswer } from './answer.ts';
import type { SigningAnswer, SigningRequest, SigningScheme, TransactionSigner } from './port.ts';
import { qrModules, qrPng } from './qr-picture.ts';
import { plainSignature, type VaultFrames, vaultFrames } from './vault.ts';

export interface OfflineSetting {
  readonly account: string;
  readonly scheme: SigningScheme;
  /** Folder for payloads to sign and for signatures. */
  readonly folder: string;
  /** For addresses, which people compare with known ones. */
  readonly ss58Prefix: number;
  /** Names of targets, by public key. */
  readonly nameOf: (key: string) => string | null;
}

/**
 * A person with an offline device: `<id>.request.json` is written with all data to check, and
 * `<id>.qr-1-of-1.png` with the QR code for Polkadot Vault (one for each frame). `<id>.answer.json` is read,
 * `{ id, signature }` or `{ id, refused }`. A repeated request leaves the files unchanged.
 */
export function offlineSigner(setting: OfflineSetting): TransactionSigner {
  const { account, scheme, folder } = setting;
  return {
    account,
    scheme,
    sign: async (request) => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const name = `${request.id}.answer.json`;
      const answer = await readOrNull(join(folder, name));
      const wrong = `${name} is not an answer to this request`;
      if (answer !== null)
        return plainAnswer(signingAnswer(answer, request.id, { malformed: wrong, other: wrong }), scheme);
      const frames = vaultFrames(request, scheme);
      const pictures = frames.ok ? frames.frames : [];
      for (const [index, frame] of pictures.entries()) {
        const picture = `${request.id}.qr-${index + 1}-of-${pictures.length}.png`;
        await putOnce(folder, picture, () => qrPng(qrModules(frame)));
      }
      await putOnce(folder, `${request.id}.request.json`, () => requestText(setting, request, frames));
      return { result: 'waiting', why: `${name} in ${folder}` };
    },
  };
}

function plainAnswer(answer: SigningAnswer, scheme: SigningScheme): SigningAnswer {
  if (answer.result !== 'signature') return answer;
  return { ...answer, signature: plainSignature(answer.signature, scheme) };
}

/** A summary for a person first, then the data for a device. */
function requestText(setting: OfflineSetting, request: SigningRequest, frames: VaultFrames): string {
  const { asked, inner, account, nominator, birth, death, nonce, tip } = request;
  const staking = stakingIn(asked) ?? inner;
  const told = {
    what: whatOf(asked, staking),
    signedBy: shown(setting, account),
    nominator: shown(setting, nominator),
    targets: (staking?.call === 'nominate' ? staking.targets : []).map((key) => shown(setting, key)),
    nonce,
    tipPlanck: tip,
    validAfterBlock: birth,
    validBeforeBlock: death,
    scheme: setting.scheme,
    vault: frames.ok ? `scan ${request.id}.qr-…png (frames: ${frames.frames.length})` : frames.why,
    sign: 'the bytes of `message`; put {"id": …, "signature": "0x…"} or {"id": …, "refused": why} into the answer file',
  };
  return `${JSON.stringify({ check: told, request }, null, 2)}\n`;
}

function whatOf({ call }: NominationCall, staking: StakingCall | null): string {
  const act = staking?.call === 'chill' ? 'nominate no validator any more' : 'nominate the targets';
  const words: Readonly<Record<NominationCall['call'], string>> = {
    nominate: act,
    chill: act,
    proxy: `${act} in the name of the nominator`,
    announce: `announce that the nominator will ${act}`,
    execute: `${act} in the name of the nominator, as was announced`,
    withdraw: 'withdraw an announcement',
  };
  return words[call];
}

function stakingIn(asked: NominationCall): StakingCall | null {
  if ('inner' in asked) return asked.inner;
  return asked.call === 'nominate' || asked.call === 'chill' ? asked : null;
}

function shown({ ss58Prefix, nameOf }: OfflineSetting, key: string) {
  return { address: writeAddress({ prefix: ss58Prefix, publicKey: key }), publicKey: key, name: nameOf(key) };
}

/** An existing file stays: a device may have read it already. */
async function putOnce(folder: string, name: string, make: () => string | Uint8Array): Promise<void> {
  const path = join(folder, name);
  if ((await readOrNull(path)) !== null) return;
  const content = make();
  await replaceFile({ path, text: content, mode: 0o600 });
}

/**
 * Null if the file does not exist. Links are not followed, because the person who delivers answers can write
 * to the folder.
 */
async function readOrNull(path: string): Promise<string | null> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const { size } = await file.stat();
      return size > MOST_ANSWER_BYTES && path.endsWith('.answer.json') ? '' : await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return null;
    throw error;
  }
}
