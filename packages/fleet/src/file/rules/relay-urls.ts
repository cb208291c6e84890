import type { Problem } from '../network/problem.ts';
import type { FlagValue } from '../network/settings.ts';
import { chainsOf, type FleetNode, type FleetPool, type Network } from '../normalise/network.ts';
import { type Rule, settingProblem, settingsOwners } from './context.ts';

/** A node of a parachain with it asks these nodes of the relay chain, and syncs no relay chain itself. */
const FLAG = 'relay-chain-rpc-urls';

/** Only nodes of a parachain ask a relay chain, at addresses without secrets. */
export const relayUrlsFit: Rule = ({ network }) =>
  settingsOwners(network).flatMap((owner) => {
    const { flags, relayFlags } = owner.settings;
    const [value, misplaced] = [flags[FLAG], relayFlags[FLAG]];
    return [
      ...(misplaced === undefined
        ? []
        : [
            settingProblem(owner, `relayFlags.${FLAG}`, {
              code: 'wrong-flag',
              what: `--${FLAG} is a flag of the parachain node, and not of the relay chain inside it`,
              remedy: `write it in flags: {${FLAG}: […]}`,
            }),
          ]),
      ...(value === undefined ? [] : urlProblems(network, owner, value)),
    ];
  });

function urlProblems(network: Network, owner: FleetPool | FleetNode, value: FlagValue): readonly Problem[] {
  const problem = (what: string, remedy: string) =>
    settingProblem(owner, `flags.${FLAG}`, { code: 'wrong-flag', what, remedy });
  if (chainsOf(network, owner).beside === null)
    return [
      problem(
        `--${FLAG}: a node here has no relay chain beside it`,
        'remove it; or name the relay chain in `chain.relay`',
      ),
    ];
  return [value]
    .flat()
    .map(String)
    .flatMap((text) => {
      const wrong = wrongUrl(text);
      return wrong === null ? [] : [problem(`--${FLAG}: ${wrong}`, 'write wss://HOST or ws://HOST:PORT')];
    });
}

/** The text itself is left out if it may hold a secret: a command line is seen by every process. */
function wrongUrl(text: string): string | null {
  const url = URL.parse(text);
  if (url === null || !/^wss?:$/.test(url.protocol)) return 'an address is not one of a WebSocket';
  if (url.username !== '' || url.password !== '' || url.search !== '')
    return `the address of ${url.host} has a password or a query, which other processes would see`;
  return null;
}
