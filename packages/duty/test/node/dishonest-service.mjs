// Loaded before a service: it answers each denial of the ledger as a grant, and writes none.

import { registerHooks } from 'node:module';

const TRUTH = 'return { ...(await promise), steps: claim.times.soFar() };';
const LIE = `const said = await promise;
        if (said.outcome !== 'denied' || said.head === null) return said;
        process.stderr.write('a lie: ' + said.reason + '\\n');
        return { ...said, outcome: 'granted', reason: 'new' };`;

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.endsWith('/duty/src/service/claim/claims.ts')) return loaded;
    const source = String(loaded.source);
    if (!source.includes(TRUTH)) throw new Error('the code that answers a claim has changed');
    return { ...loaded, source: source.replace(TRUTH, LIE) };
  },
});
