// The observer's own process: settings come with the first message, questions after it. It ends with the
// process that started it.

import { type Observation, observe } from './observer/observation.ts';
import type { ObserverMessage, ObserverQuestion, ObserverSettings } from './observer/settings.ts';

let observation: Observation | null = null;

function tell(message: ObserverMessage): void {
  process.send?.(message);
}

async function answer(question: ObserverQuestion): Promise<unknown> {
  if (observation === null) throw new Error('the observer has not begun');
  if (question.ask === 'report') return observation.report(question.stretch);
  return observation.firstSignature(question.identity, question.momentMs);
}

process.once('disconnect', () => process.exit(0));
process.once('message', async (settings: ObserverSettings) => {
  try {
    observation = await observe(settings);
  } catch (error) {
    tell({ told: 'failure', id: null, text: String(error) });
    return;
  }
  process.on('message', async (question: ObserverQuestion) => {
    try {
      tell({ told: 'answer', id: question.id, value: await answer(question) });
    } catch (error) {
      tell({ told: 'failure', id: question.id, text: String(error) });
    }
  });
  tell({ told: 'ready' });
});
