import type { ScenarioSetup } from './scenario-setup.ts';

interface Decision {
  readonly atMs: number;
  readonly node: string;
  readonly duty: string;
  readonly outcome: string;
  readonly reason: string;
}

const LATEST = 500;

/**
 * The reasons why a machine was refused rounds since a moment: each once, in alphabetical order. `round` is
 * the duty of a question of the original wire protocol whose set was not found.
 */
export async function refusedRounds(
  { services }: ScenarioSetup,
  machine: string,
  sinceMs: number,
): Promise<readonly string[]> {
  const answer = await services.alive().admin('GET', `/v1/decisions?limit=${LATEST}`);
  const { decisions } = answer as { decisions: readonly Decision[] };
  const reasons = decisions
    .filter(({ node, atMs }) => node === machine && atMs >= sinceMs)
    .filter(({ duty, outcome }) => (duty === 'grandpa' || duty === 'round') && outcome !== 'granted')
    .map(({ reason }) => reason);
  return [...new Set(reasons)].sort();
}
