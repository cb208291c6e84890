import { type PinnedReader, type Reading, variantOf } from '@watchbill/chain/reading';
import { type Fact, known, unknown } from '../../facts/fact.ts';
import type { CalendarFacts, ElectionForm } from '../calendar-facts.ts';
import { factOfReading } from '../roles/fact-of-reading.ts';
import { countConstant } from './eras.ts';

export type ElectionFacts = Pick<CalendarFacts, 'sessionsPerEra' | 'form' | 'electing'>;

const PROVIDERS = ['MultiBlockElection', 'ElectionProviderMultiPhase'] as const;

/** In this order, for {@link electionFactsOf}. */
export const ELECTION_REQUESTS = PROVIDERS.map((pallet) => ({ pallet, item: 'CurrentPhase' }));

/** How the runtime elects, by the provider that it has. */
export function electionFactsOf(
  reader: PinnedReader,
  phases: readonly (Reading | undefined)[],
): ElectionFacts {
  const at = PROVIDERS.findIndex((pallet) => reader.has(pallet, 'CurrentPhase'));
  const provider = PROVIDERS[at];
  return {
    sessionsPerEra: countConstant(reader, 'Staking', 'SessionsPerEra'),
    form: formOf(reader, provider),
    electing:
      provider === undefined
        ? unknown('the runtime has no election provider that is known here', 'staking')
        : factOfReading(phases[at], 'staking', `${provider}.CurrentPhase`, {
            take: (value) => variantOf(value) !== 'Off',
            empty: { value: false },
          }),
  };
}

function formOf(reader: PinnedReader, provider: (typeof PROVIDERS)[number] | undefined): Fact<ElectionForm> {
  const offset = countConstant(reader, 'Staking', 'PlanningEraOffset');
  if (offset.known) return known({ form: 'ahead', offsetSessions: offset.value }, 'staking');
  if (provider !== 'ElectionProviderMultiPhase')
    return unknown('the runtime does not say when it elects', 'staking');
  const phases = ['SignedPhase', 'UnsignedPhase'].map((name) => countConstant(reader, provider, name));
  const slots = phases.map((phase) => (phase.known ? phase.value : null));
  const phaseSlots = slots.every((each) => each !== null) ? slots.reduce((sum, each) => sum + each, 0) : null;
  return known({ form: 'late', phaseSlots }, 'staking');
}
