import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Fault, fault } from '../fault/fault.ts';
import type { Alert, AlertGroup } from './alert.ts';

/** Values of placeholders by name. An alert with a placeholder whose value is null is left out. */
export type AlertValues = Readonly<Record<string, string | number | null>>;

const text = z.string().min(1);
const ruleShape = z.strictObject({
  alert: text,
  expr: text,
  for: text.default('0m'),
  labels: z.strictObject({ severity: z.enum(['page', 'ticket', 'heartbeat']) }),
  annotations: z.strictObject({ summary: text, description: text, todo: text, run: text.optional() }),
});
const fileShape = z.strictObject({
  groups: z.array(z.strictObject({ name: text, about: text, rules: z.array(ruleShape) })),
});

const PLACEHOLDER = /\$\{(\w+)\}/g;

/** The alerts of a YAML file; see {@link alertsIn}. */
export function readAlerts(file: URL, values: AlertValues = {}): readonly AlertGroup[] {
  return alertsIn(readFileSync(file, 'utf8'), basename(file.pathname), values);
}

/**
 * The alerts of a text in the format of Prometheus, with `about` at a group and the annotation `run`. In its
 * strings, `${name}` stands for a value. A group without alerts is left out. Throws a fault that names the
 * file and the placeholder or field.
 */
export function alertsIn(source: string, file: string, values: AlertValues): readonly AlertGroup[] {
  const { groups } = parsed(source, file);
  return groups
    .map(({ name, about, rules }) => ({
      name,
      about,
      alerts: rules.flatMap((rule) => filled(rule, file, values)).map(alertOf),
    }))
    .filter(({ alerts }) => alerts.length > 0);
}

type Rule = z.output<typeof ruleShape>;

function parsed(source: string, file: string): z.output<typeof fileShape> {
  try {
    return fileShape.parse(parse(source));
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    const what =
      cause instanceof z.ZodError
        ? cause.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
        : cause.message;
    throw wrong(file, what, 'correct the file, or install the package again', cause);
  }
}

function filled(rule: Rule, file: string, values: AlertValues): readonly Rule[] {
  const json = JSON.stringify(rule);
  const valueFor = (name: string) => {
    const value = values[name];
    if (value !== undefined) return value;
    const what = `no value has the name of the placeholder \${${name}} in ${rule.alert}`;
    throw wrong(file, what, 'correct the name in the file, or give the value in the code that reads it');
  };
  if ([...json.matchAll(PLACEHOLDER)].some(([, name = '']) => valueFor(name) === null)) return [];
  const asJson = (_: string, name: string) => JSON.stringify(String(valueFor(name))).slice(1, -1);
  return [JSON.parse(json.replaceAll(PLACEHOLDER, asJson)) as Rule];
}

function alertOf({ alert: name, expr, for: wait, labels, annotations }: Rule): Alert {
  const { summary, description: means, todo, run } = annotations;
  const record = { name, severity: labels.severity, expr, for: wait, summary, means, todo };
  return run === undefined ? record : { ...record, run };
}

function wrong(file: string, what: string, remedy: string, cause?: unknown): Fault {
  return fault('alert-file', 'fault', { what, where: file, remedy }, cause);
}
