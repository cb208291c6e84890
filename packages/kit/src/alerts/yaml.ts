import { stringify } from 'yaml';
import type { AlertGroup } from './alert.ts';

/**
 * A rules file of Prometheus. `head`: its first comment line. Each rule has the annotations `summary`,
 * `description` (the meaning) and `todo`.
 */
export function rulesFile(head: string, all: readonly AlertGroup[]): string {
  const groups = all.map(({ name, alerts }) => ({
    name,
    rules: alerts.map(({ name: alert, severity, expr, for: wait, summary, means, todo }) => ({
      alert,
      expr,
      ...(wait === '0m' ? {} : { for: wait }),
      labels: { severity },
      annotations: { summary, description: means, todo },
    })),
  }));
  return `# ${head}\n${stringify({ groups }, { lineWidth: 0 })}`;
}

/** A text of an alert for people: `{{ $labels.node }}` becomes `<node>`, and the value `<value>`. */
export function plainText(text: string): string {
  return text
    .replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, '<$1>')
    .replaceAll(/\{\{ \$value[^}]*\}\}/g, '<value>');
}
