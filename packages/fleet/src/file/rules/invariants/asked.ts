import { servicesMark } from '../../graph/key-set.ts';
import { flagValue, halves, type Process, wordsSign } from '../../graph/process.ts';

/**
 * The services on the command line of every signing process, as `servicesMark` has them; null if one of them
 * asks none, or others.
 */
export function askedBy(processes: readonly Process[], place: string): string | null {
  const marks = processes
    .filter(({ words }) => wordsSign(words))
    .map(({ words }) => {
      const [own = []] = halves(words);
      const services = valuesOf(own, '--duty-service');
      if (flagValue(own, '--duty') !== 'claims' || services.length === 0) return null;
      return servicesMark(services, place);
    });
  const [first = null] = marks;
  return marks.every((mark) => mark === first) ? first : null;
}

/** Of a flag that may occur several times. */
function valuesOf(words: readonly string[], name: string): readonly string[] {
  return words.flatMap((word, index) => {
    if (word.startsWith(`${name}=`)) return [word.slice(name.length + 1)];
    const next = words[index + 1];
    return word === name && next !== undefined && !next.startsWith('--') ? [next] : [];
  });
}
