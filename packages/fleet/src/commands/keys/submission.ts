import { resolve } from 'node:path';
import { usageFault } from '@watchbill/kit';
import type { Io } from '@watchbill/kit/command/io';
import { repeated } from '@watchbill/kit/command/repeated';
import type { Command } from 'commander';
import type { SubmissionWay } from '../../run/keys/index.ts';
import type { KeyRegistration } from '../../run/operations/index.ts';

/**
 * How the keys are registered. Without these flags the command writes the call, and a person signs it
 * elsewhere.
 */
export interface SubmissionFlags {
  readonly assetHub?: string;
  readonly submit?: string;
  readonly signerCommand?: string;
  readonly signerArg: readonly string[];
  readonly proxy?: string;
  readonly proxyType: string;
  readonly scheme: string;
  readonly payloadOut?: string;
  readonly signatureIn?: string;
  readonly maxFee?: string;
}

export function addSubmissionFlags(command: Command): Command {
  return command
    .option(
      '--asset-hub <url>',
      'RPC of Asset Hub, where keys are registered on Polkadot, Kusama and their like',
    )
    .option(
      '--submit <where>',
      'asset-hub, or relay: the chain of the node itself (default: asset-hub with --asset-hub)',
    )
    .option(
      '--signer-command <program>',
      'program that signs: gets the request as JSON on its input, answers with JSON',
    )
    .option('--signer-arg <text>', 'argument of that program; repeat it for more', repeated, [])
    .option('--proxy <address>', 'account that signs in the name of the stash (default: the stash signs)')
    .option('--proxy-type <type>', 'type of that proxy', 'StakingOperator')
    .option('--scheme <scheme>', 'of the key that signs: sr25519 or ed25519', 'sr25519')
    .option('--payload-out <file>', 'write the request here, for a person to have it signed elsewhere')
    .option('--signature-in <file>', 'the answer to it: {"id": …, "signature": "0x…"}')
    .option(
      '--max-fee <planck>',
      'highest fee that Asset Hub may take for delivery and the work on the relay',
    );
}

const SIGNER_TIMEOUT_MS = 120_000;
/** A program answers at once; a person may take hours. */
const PROGRAM_BLOCKS = 64;
const PERSON_BLOCKS = 4_096;

/** The submission that the flags choose; null if the call is to be written. Throws a Fault. */
export async function chosenSubmission(
  io: Io,
  flags: SubmissionFlags,
  stash: Uint8Array,
): Promise<KeyRegistration | null> {
  const to = flags.submit ?? (flags.assetHub === undefined ? undefined : 'asset-hub');
  const signs = [flags.signerCommand, flags.payloadOut ?? flags.signatureIn].filter(
    (one) => one !== undefined,
  );
  if (to === undefined && signs.length === 0 && flags.proxy === undefined) return null;
  if (to !== 'relay' && to !== 'asset-hub')
    throw usageFault(
      `keys are registered ${to === undefined ? 'somewhere' : `at ${to}`}, but its URL is missing`,
      'write --asset-hub ws://…, or --submit relay for the chain of the node itself',
      'flag --submit',
    );
  if ((to === 'asset-hub') !== (flags.assetHub !== undefined))
    throw usageFault(
      '--asset-hub and --submit do not fit together',
      'write --asset-hub ws://… alone, or --submit relay alone',
      'flag --submit',
    );
  if (signs.length > 1)
    throw usageFault(
      'choose one signer: a program or a person',
      'write one of --signer-command, --payload-out',
      'flag --signer-command',
    );
  if (signs.length === 0 && flags.proxy !== undefined)
    throw usageFault(
      '--proxy needs a signer',
      'add --signer-command or --payload-out; or leave --proxy out, and sign the call yourself',
      'flag --proxy',
    );
  const signing = signs.length === 0 ? null : await signingOf(io, flags, stash);
  return { to, mostFee: feeOf(flags.maxFee), signing };
}

async function signingOf(io: Io, flags: SubmissionFlags, stash: Uint8Array) {
  const { signerCommand, proxy, proxyType, scheme } = flags;
  const [{ accountGiven }, { offlineSigner, programSigner }] = await Promise.all([
    import('@watchbill/chain/command/account'),
    import('../../run/keys/index.ts'),
  ]);
  const account = proxy === undefined ? stash : accountGiven(proxy, 'flag --proxy');
  if (scheme !== 'sr25519' && scheme !== 'ed25519')
    throw usageFault(`${scheme} cannot sign extrinsics here`, 'write sr25519 or ed25519', 'flag --scheme');
  const way: SubmissionWay = {
    account,
    scheme,
    proxyType: proxy === undefined ? null : proxyType,
    mostFee: feeOf(flags.maxFee),
    periodBlocks: signerCommand === undefined ? PERSON_BLOCKS : PROGRAM_BLOCKS,
  };
  const signer =
    signerCommand === undefined
      ? offlineSigner({
          payloadOut: pathOf(io, flags.payloadOut),
          signatureIn: pathOf(io, flags.signatureIn),
        })
      : programSigner({
          command: signerCommand,
          args: flags.signerArg,
          env: Object.fromEntries(['PATH', 'HOME'].map((name) => [name, io.env[name] ?? ''])),
          timeoutMs: SIGNER_TIMEOUT_MS,
        });
  return { way, signer };
}

function pathOf({ cwd }: Io, path: string | undefined): string | null {
  return path === undefined ? null : resolve(cwd, path);
}

function feeOf(text: string | undefined): bigint | null {
  if (text === undefined) return null;
  if (/^\d{1,30}$/.test(text)) return BigInt(text);
  throw usageFault(
    `${text} is not an amount`,
    'give whole planck, for example --max-fee 30000000000',
    'flag --max-fee',
  );
}
