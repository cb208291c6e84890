import { counted, table, usageFault } from '@watchbill/kit';
import { command, flag, type OptionsOf } from '@watchbill/kit/command/command';
import type { Io } from '@watchbill/kit/command/io';
import { lines, print } from '@watchbill/kit/command/print';
import { anyOf } from '@watchbill/kit/command/rules';
import { file, repeated, span, text, yes } from '@watchbill/kit/command/shapes';
import { askService } from '../../client/api.ts';
import { chainFlag, keyFlag, policyOf, shownKey, silencedTexts } from '../../client/keys.ts';
import { connection } from '../../client/target.ts';
import { dutyNamed, isOutsideSetZero, parseUnit, slotAt } from '../../rule/index.ts';
import type { MarkView, PolicyDocument } from '../../service/index.ts';
import { floorsOfFlags } from '../floors.ts';
import { readPolicyDocument } from '../policy/document.ts';

type Floors = Readonly<Record<string, string | null>>;
const QUIET = { error: 'a quiet time is 1m to 24h', params: { remedy: 'give for example 30m' } };

const flags = {
  chain: chainFlag,
  key: keyFlag,
  neverSigned: flag(yes(), 'the key has never signed: no floor for enabled duties without --floor'),
  floor: flag(
    repeated(text('duty=unit')),
    'highest unit that may have been signed, for one duty: babe=281234999 or grandpa=12/400 (repeat)',
  ),
  beyondClock: flag(
    yes(),
    'accept a floor more than a day ahead of the clock, or of a set under `roundScope: unscoped`; the service grants no unit until then',
  ),
  policy: flag(
    file().optional(),
    'a policy document for the same transaction: needed if it changes slot length, genesis, slot duty or round scope',
  ),
  confirmation: flag(text('text'), 'how you made sure that no other signer of this key runs'),
  quietFor: flag(
    span()
      .refine((s) => s >= 60 && s <= 86_400, QUIET)
      .optional(),
    'adopt only if observers watched so long, 1m to 24h, and saw no other signature of the key',
  ),
  ...connection,
};

/** `adopt`: floors for every duty of a key, and the mode `enforce`. */
export const adopt = command({
  flags,
  rules: [anyOf('floor', 'neverSigned')],
  examples: [
    'watchbill adopt --key alpha --never-signed --confirmation "new key, made today"',
    'watchbill adopt --key alpha --floor babe=281234999 --floor grandpa=12/400 --confirmation "old node powered off by Ada"',
    'watchbill adopt --key alpha --policy policy.yaml --floor babe=281234999 --floor grandpa=12/400 --confirmation "all signers stopped"',
    'watchbill adopt --key alpha --floor babe=281234999 --floor grandpa=12/400 --quiet-for 30m --confirmation "old node powered off by Ada"',
  ],
  run: ({ io }, options) => adoptKey(io, options),
});

async function adoptKey(io: Io, options: OptionsOf<typeof flags>): Promise<void> {
  const named = floorsOfFlags(options.floor);
  const document = options.policy === undefined ? undefined : await readPolicyDocument(io, options.policy);
  const { marks, present } = await askService(io, options, async (api) => {
    const present = await policyOf(api, options);
    const { chain, key } = present;
    const policy = document ?? present;
    if (!options.beyondClock) refuseFarFloors(named, policy, io.clock.nowMs());
    const floors = options.neverSigned ? fillNeverSigned(policy, named) : named;
    const quietMs = options.quietFor && options.quietFor * 1_000;
    const body = { chain, key, floors, policy: document, quietMs, confirmation: options.confirmation };
    return { ...(await api.send<{ marks: MarkView[] }>('POST', '/v1/adoptions', body)), present };
  });
  print(io, options.json, { marks }, () => {
    const rows = marks.map(({ duty, floor }) => [duty, floor ?? 'never signed']);
    const silenced = lines(silencedTexts(marks).map((text) => `  ${text}`));
    return `key ${shownKey(present)} is adopted; units above these floors are granted\n${table(['duty', 'floor'], rows)}${silenced}`;
  });
}

const DAY_MS = 86_400_000;

/** A floor is never lowered, so one that no unit can pass would block the key in this ledger for ever. */
function refuseFarFloors(floors: Floors, policy: PolicyDocument, nowMs: number): void {
  const slot = slotAt(policy.ceilings, nowMs);
  for (const [name, floor] of Object.entries(floors)) {
    const duty = dutyNamed(name);
    const parsed = duty && parseUnit(duty.fields, floor ?? '');
    if (duty === null || parsed?.ok !== true) continue;
    const [first = 0n] = parsed.unit;
    if (isOutsideSetZero(policy, duty, parsed.unit))
      throw usageFault(
        `the floor of ${name} is of set ${first}, and the policy counts every round as one of set 0 (roundScope: unscoped): the service would grant no vote until the policy has sets again`,
        'write 0/ROUND with the highest round of any set, or give a policy with sets (--policy); add --beyond-clock if you mean it',
        `flag --floor ${name}`,
      );
    if (duty.fields[0]?.name !== 'slot' || Number(first - slot) * policy.ceilings.slotMs <= DAY_MS) continue;
    throw usageFault(
      `the floor of ${name} is ${counted(first - slot, 'slot')} ahead of the clock, which is at slot ${slot}: the service would grant no unit until then, and a floor is never lowered`,
      'check the number of digits, or add --beyond-clock if you mean it',
      `flag --floor ${name}`,
    );
  }
}

/** `--never-signed` counts for every enabled duty that no `--floor` names. */
function fillNeverSigned(policy: PolicyDocument, named: Floors): Floors {
  const enabled = Object.entries(policy.duties).filter(([, duty]) => duty.enabled);
  return { ...Object.fromEntries(enabled.map(([name]) => [name, null])), ...named };
}
