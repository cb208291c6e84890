import {
  accountOfText,
  callValue,
  type DecodedCall,
  type Json,
  jsonMember,
} from '@watchbill/chain/extrinsics';
import { isRecord } from '@watchbill/kit';
import { z } from 'zod';
import { canonicalJson } from '../../wire/canonical-json.ts';
import { accountText } from '../fields.ts';

const amount = z
  .union([z.int().min(0), z.string().regex(/^\d{1,39}$/, 'must be a whole number')])
  .transform((value) => BigInt(value));

const constraint = z.union(
  [
    z.strictObject({ accounts: z.array(accountText).min(1) }),
    z.strictObject({ most: amount }),
    z.strictObject({ equals: z.custom<Json>((value) => value !== undefined) }),
    z.strictObject({ calls: z.literal('by-rules') }),
    z.strictObject({ any: z.literal(true) }),
  ],
  'must be one of {accounts: […]}, {most: N}, {equals: VALUE}, {calls: by-rules} and {any: true}',
);

type Constraint = z.infer<typeof constraint>;

/** An approval in advance: one call, and a constraint for each of its arguments. */
export const callRule = z
  .strictObject({
    name: z.string().min(1).max(100),
    /** `Pallet.call` as the metadata spells it. */
    call: z.string().regex(/^\w+\.\w+$/, 'must be Pallet.call'),
    arguments: z.record(z.string(), constraint).default({}),
    /** Sums of the arguments with `most`, in planck. */
    perWindow: amount.optional(),
    perDay: amount.optional(),
  })
  .refine(
    (rule) =>
      (rule.perWindow === undefined && rule.perDay === undefined) ||
      Object.values(rule.arguments).some((each) => 'most' in each),
    'perWindow and perDay need an argument with most',
  );

export const callRules = z
  .array(callRule)
  .refine(
    (rules) => new Set(rules.map(({ name }) => name)).size === rules.length,
    'each rule needs a different name',
  );

export type CallRule = z.infer<typeof callRule>;

/** One use of a rule by a call. */
export interface RuleUse {
  readonly rule: CallRule;
  /** The sum of its arguments with `most`, in planck. */
  readonly amount: bigint;
}

export type RuleAnswer =
  | { readonly result: 'fits'; readonly uses: readonly RuleUse[] }
  | { readonly result: 'unfit'; readonly why: string };

/** A reason not to approve; caught in {@link fitRules}. */
class Unfit extends Error {}

/**
 * Compares a call with the rules of an operator: the call, and each call inside it, must fit a rule. The
 * first rule that fits counts. Never throws.
 */
export function fitRules(rules: readonly CallRule[], { pallet, call, ...decoded }: DecodedCall): RuleAnswer {
  const uses: RuleUse[] = [];
  try {
    fitCall(rules, callValue(pallet, call, decoded.arguments), uses);
  } catch (error) {
    if (error instanceof Unfit) return { result: 'unfit', why: error.message };
    throw error;
  }
  // A call that no rule checked, for example inside an argument with `{any: true}`.
  if (uses.length !== decoded.calls.length)
    return { result: 'unfit', why: `no rule covers each of ${decoded.calls.join(', ')}` };
  return { result: 'fits', uses };
}

/** Adds the uses of this call and of those inside it. Throws Unfit. */
function fitCall(rules: readonly CallRule[], value: Json, uses: RuleUse[]): void {
  const inner = jsonMember(value, 'value');
  const name = `${String(jsonMember(value, 'type'))}.${String(jsonMember(inner, 'type'))}`;
  const given = jsonMember(inner, 'value') ?? {};
  if (!isRecord(given)) throw new Unfit(`${name}: rules cannot read the form of its arguments`);
  const own = rules.filter((rule) => rule.call === name);
  if (own.length === 0) throw new Unfit(`no rule names ${name}`);
  const reasons: string[] = [];
  for (const rule of own) {
    const inside: RuleUse[] = [];
    try {
      const sum = fitArguments(rules, rule, given, inside);
      uses.push({ rule, amount: sum }, ...inside);
      return;
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      reasons.push(`${rule.name}: ${error.message}`);
    }
  }
  throw new Unfit(`no rule covers ${name} (${reasons.join('; ')})`);
}

/** The sum of the amounts. Throws Unfit. */
function fitArguments(
  rules: readonly CallRule[],
  rule: CallRule,
  given: Readonly<Record<string, Json>>,
  inside: RuleUse[],
): bigint {
  const names = new Set([...Object.keys(given), ...Object.keys(rule.arguments)]);
  let sum = 0n;
  for (const name of names) {
    const limit = Object.hasOwn(rule.arguments, name) ? rule.arguments[name] : undefined;
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (limit === undefined) throw new Unfit(`the rule has no constraint for ${name}`);
    if (value === undefined) throw new Unfit(`the call has no ${name}`);
    if ('calls' in limit) for (const each of listOf(value)) fitCall(rules, each, inside);
    else sum += fitArgument(name, limit, value);
  }
  return sum;
}

/** The amount of the argument; 0 for those that are none. Throws Unfit. */
function fitArgument(name: string, limit: Exclude<Constraint, { calls: string }>, value: Json): bigint {
  if ('any' in limit) return 0n;
  if ('equals' in limit) {
    if (canonicalJson(value) !== canonicalJson(limit.equals)) throw new Unfit(`${name} has another value`);
    return 0n;
  }
  if ('accounts' in limit) {
    const known = new Set(limit.accounts.map((text) => hexOfAccount(text)));
    const accounts = listOf(value).map((each) => hexOfAccount(accountIn(each)));
    if (accounts.length === 0 || accounts.some((each) => each === null || !known.has(each)))
      throw new Unfit(`${name} is not one of its accounts`);
    return 0n;
  }
  const number = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  if (!/^\d+$/.test(number)) throw new Unfit(`${name} is not an amount`);
  if (BigInt(number) > limit.most) throw new Unfit(`${name} is ${number}, above ${limit.most}`);
  return BigInt(number);
}

function listOf(value: Json): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [value];
}

/** The address in an account or in a `MultiAddress` of the kind `Id`; other kinds are not read. */
function accountIn(value: Json): string {
  const text = jsonMember(value, 'type') === 'Id' ? jsonMember(value, 'value') : value;
  return typeof text === 'string' ? text : '';
}

function hexOfAccount(text: string): string | null {
  const account = accountOfText(text);
  return account === null ? null : Buffer.from(account).toString('hex');
}
