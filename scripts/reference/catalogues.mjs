import { DUTIES, REASONS } from '@watchbill/duty/rule';
import { code, filled, rows } from './markdown.mjs';

/** docs/duty/reference/reasons.md */
export function reasonsPage() {
  const of = (outcome) =>
    rows(
      Object.values(REASONS)
        .filter((reason) => reason.outcome === outcome)
        .map((reason) => [code(reason.code), reason.summary, reason.remedy]),
    );
  return filled(new URL('reasons.md', import.meta.url), {
    granted: of('granted'),
    denied: of('denied'),
    unknown: of('unknown'),
  });
}

/** docs/duty/reference/units.md */
export function unitsPage(outcomes) {
  const cells = ([outcome, { missed, summary, remedy }]) => [
    code(outcome),
    missed ? 'yes' : 'no',
    summary,
    remedy,
  ];
  return filled(new URL('units.md', import.meta.url), {
    outcomes: rows(Object.entries(outcomes).map(cells)),
  });
}

/** docs/reference/metrics.md */
export function metricsPage(service, coordinate, gate, guard) {
  const histograms = Object.values(service).filter(({ buckets }) => buckets !== undefined);
  return filled(new URL('metrics.md', import.meta.url), {
    service: seriesRows(service),
    buckets: rows(histograms.map(({ name, buckets }) => [code(name), buckets.join(', ')])),
    gate: seriesRows(gate),
    guard: seriesRows(guard),
    coordinate: seriesRows(coordinate),
  });
}

function seriesRows(metrics) {
  return rows(
    Object.values(metrics).map(({ name, type, labels, help }) => [
      code(name),
      type,
      labels.length === 0 ? '-' : labels.map(code).join(', '),
      help,
    ]),
  );
}

const REPEATS = {
  'same-incarnation': 'the same start of the process, same digest',
  'same-digest': 'any listed node, same digest',
  never: 'never',
};
const CLAIMANTS = {
  'every-ready': 'every ready node; a standby after its delay',
  'on-watch': 'the active node',
};
const CEILINGS = { clock: 'the clock of the service', observed: 'what other nodes and observers saw' };

/** docs/duty/reference/duties.md */
export function dutiesPage() {
  const unit = (duty) => [
    code(duty.name),
    duty.fields.map(({ name, bits }) => `${name} (u${bits})`).join(' / '),
    duty.parts.join(', '),
    duty.digestBytes === 0 ? 'none' : `${duty.digestBytes} bytes`,
    duty.owner === 'node' ? 'the node, across restarts' : 'one start of the process',
  ];
  const grant = (duty) => [
    code(duty.name),
    REPEATS[duty.repeat],
    CLAIMANTS[duty.claimants],
    CEILINGS[duty.ceiling],
    `${duty.window} ${duty.window === 1 ? 'unit' : 'units'}`,
  ];
  return filled(new URL('duties.md', import.meta.url), {
    units: rows(DUTIES.map(unit)),
    grants: rows(DUTIES.map(grant)),
  });
}
