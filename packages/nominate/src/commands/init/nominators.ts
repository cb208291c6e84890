import { usageFault } from '@watchbill/kit';
import type { NominatorRules } from '../../index.ts';

const FORM = 'write --nominator "NAME STASH", the stash as an address or as 0x and 64 hex digits';

/** Reads `NAME STASH`, once for each nominator. Throws a usage fault that names the one that is wrong. */
export async function readNominators(texts: readonly string[]): Promise<NominatorRules> {
  const { readAddress } = await import('@watchbill/chain/address');
  const nominators = texts.map((text) => {
    const { name, stash } = /^(?<name>.*\S)\s+(?<stash>\S+)$/.exec(text.trim())?.groups ?? {};
    const stashKey = /^0x[0-9a-f]{64}$/.test(stash ?? '') ? stash : readAddress(stash ?? '')?.publicKey;
    if (name === undefined || stashKey === undefined)
      throw usageFault('that is not a nominator', FORM, `flag --nominator ${JSON.stringify(text)}`);
    return { name, stashKey };
  });
  const twice = nominators.find(
    ({ stashKey }, at) => nominators.findIndex((one) => one.stashKey === stashKey) < at,
  );
  if (twice !== undefined)
    throw usageFault(
      'two nominators have the same stash',
      'name each once',
      `flag --nominator "${twice.name} …"`,
    );
  return nominators;
}
