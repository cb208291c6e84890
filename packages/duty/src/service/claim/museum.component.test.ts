import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import type { ClaimRequest, PolicyDocument } from '../contract.ts';
import * as s from '../testing/services.ts';

/**
 * Public accidents as claims (docs/reference/museum.md; the fields: spec/museum.yaml). Three signers are
 * asked: a stock node, which signs whatever comes; a register of the highest number; and this service.
 */
interface Row {
  readonly name: string;
  readonly acts: readonly string[];
  readonly policy?: Partial<PolicyDocument>;
  readonly twice: { readonly stock: number; readonly register: number };
  readonly missed?: number;
}

const FILE = join(import.meta.dirname, '../../../../../spec/museum.yaml');
const { signing } = parse(readFileSync(FILE, 'utf8')) as { signing: readonly Row[] };
const CLAIM =
  /^(?<node>[a-z]+)(?<again>, restarted)? (?<duty>\S+) (?<unit>\S+) (?<part>\S+) (?<payload>\S+) -> (?<answer>\S+)$/;

type Claim = Pick<ClaimRequest, 'duty' | 'unit' | 'part' | 'digest' | 'incarnation'>;
interface Act {
  readonly node: string;
  readonly claim: Claim;
  readonly answer: string;
}

function actOf(line: string): Act | null {
  const found = CLAIM.exec(line)?.groups;
  if (!found) return null;
  const { node = '', again, duty = '', unit = '', part, payload = '', answer = '' } = found;
  const digest = duty === 'grandpa' ? s.vote(payload) : s.seal(payload);
  const incarnation = again === undefined ? s.INCARNATION : s.OTHER_INCARNATION;
  return { node, answer, claim: { duty, unit, part: part as Claim['part'], digest, incarnation } };
}

/** Grants a number only above every earlier one of its kind of signature. */
function fakeRegister() {
  let highest = new Map<string, bigint>();
  let saved = highest;
  return {
    grants({ duty, unit, part }: Claim): boolean {
      const kind = `${duty} ${part}`;
      const number = BigInt(unit.split('/')[duty === 'grandpa' ? 1 : 0] ?? '');
      const grants = number > (highest.get(kind) ?? -1n);
      if (grants) highest.set(kind, number);
      return grants;
    },
    backup(): void {
      saved = new Map(highest);
    },
    restore(): void {
      highest = saved;
    },
  };
}

/** Parts of units that were signed with more than one payload. */
function signedTwice(signed: readonly Claim[]): number {
  const payloads = Map.groupBy(signed, ({ duty, unit, part }) => `${duty} ${unit} ${part}`);
  return [...payloads.values()].filter((of) => new Set(of.map(({ digest }) => digest)).size > 1).length;
}

/** The answers of this service to the claims, in their order. */
async function answers(t: TestContext, { acts, policy = {} }: Row): Promise<string[]> {
  const store = s.memoryStore(t);
  const { ceilings, readiness } = s.policyDocument();
  const own = {
    ...policy,
    ceilings: { ...ceilings, ...policy.ceilings },
    readiness: { ...readiness, ...policy.readiness },
  };
  const { permit } = await s.startAdopted(t, { standbyDelayMs: 0, ...own }, { store });
  let saved = store.snapshot();
  const given: string[] = [];
  for (const act of acts) {
    const asked = actOf(act);
    const [setId = '', round = ''] = act.replace('observer ', '').split('/');
    if (asked) given.push(await s.ask(permit, asked.node, asked.claim));
    else if (act === 'backup') saved = store.snapshot();
    else if (act === 'restore') store.restore(saved);
    else await permit.observe({ chain: s.CHAIN, setId, round }, 'watcher');
  }
  return given;
}

for (const row of signing)
  test(row.name, async (t) => {
    const asked = row.acts.map(actOf).filter((act) => act !== null);
    assert.deepEqual(
      await answers(t, row),
      asked.map(({ answer }) => answer),
    );
    const register = fakeRegister();
    const granted: Claim[] = [];
    let missed = 0;
    for (const line of row.acts) {
      const act = actOf(line);
      if (line === 'backup' || line === 'restore') register[line]();
      else if (act && register.grants(act.claim)) granted.push(act.claim);
      else if (act?.answer.startsWith('granted')) missed += 1;
    }
    const stock = signedTwice(asked.map(({ claim }) => claim));
    assert.deepEqual({ stock, register: signedTwice(granted) }, row.twice);
    assert.equal(missed, row.missed ?? 0);
  });
