import type { Choice, Dashboard, Panel } from './panel.ts';

const COLUMNS = 24;
const HEIGHT = { lines: 8, number: 4, table: 9 } as const;
const TYPES = { lines: 'timeseries', number: 'stat', table: 'table' } as const;
const SOURCE = { type: 'prometheus', uid: '$source' } as const;
/** The schema of Grafana 10; later releases convert it. */
const SCHEMA = 39;

/** A dashboard as Grafana imports it, from a file of a provisioned folder or by hand. */
export function grafanaJson(dashboard: Dashboard): string {
  const { uid, title, about, choices, panels } = dashboard;
  const content = {
    uid,
    title,
    description: about,
    tags: ['watchbill'],
    schemaVersion: SCHEMA,
    version: 1,
    editable: false,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    timezone: 'utc',
    links: [
      {
        title: 'watchbill',
        type: 'dashboards',
        tags: ['watchbill'],
        asDropdown: true,
        keepTime: true,
        includeVars: true,
      },
    ],
    templating: {
      list: [
        { name: 'source', label: 'Prometheus', type: 'datasource', query: 'prometheus', current: {} },
        ...choices.map((choice, at) => choiceJson(choice, choices.slice(0, at))),
      ],
    },
    panels: placed(panels).map(([panel, gridPos], at) => panelJson(panel, gridPos, at + 1)),
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

function choiceJson({ name, series, label }: Choice, before: readonly Choice[]) {
  const within = before.map((one) => `${one.label}=~"$${one.name}"`).join(',');
  const selector = within === '' ? series : `${series}{${within}}`;
  const query = `label_values(${selector}, ${label})`;
  return {
    name,
    label: name,
    type: 'query',
    datasource: SOURCE,
    definition: query,
    query: { query, refId: name },
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    // All values, including series without this label.
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
  };
}

interface Position {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** Places panels from left to right, in rows. */
function placed(panels: readonly Panel[]): readonly (readonly [Panel, Position])[] {
  let [x, y, rowHeight] = [0, 0, 0];
  return panels.map((panel) => {
    const h = HEIGHT[panel.kind];
    if (x + panel.width > COLUMNS) {
      y += rowHeight;
      [x, rowHeight] = [0, 0];
    }
    const position = { x, y, w: panel.width, h };
    x += panel.width;
    rowHeight = Math.max(rowHeight, h);
    return [panel, position] as const;
  });
}

function panelJson(panel: Panel, gridPos: Position, id: number) {
  const { title, about, kind, unit, queries, bad } = panel;
  const isTable = kind === 'table';
  return {
    id,
    title,
    description: about,
    type: TYPES[kind],
    datasource: SOURCE,
    gridPos,
    targets: queries.map(({ expr, legend }, at) => ({
      refId: String.fromCharCode(65 + at),
      datasource: SOURCE,
      expr,
      legendFormat: legend === '' ? '__auto' : legend,
      ...(isTable ? { format: 'table', instant: true } : {}),
    })),
    fieldConfig: { defaults: { unit, ...(bad === undefined ? {} : thresholds(bad)) }, overrides: [] },
    ...(isTable
      ? {
          transformations: [
            { id: 'organize', options: { excludeByName: { Time: true, __name__: true, job: true } } },
          ],
        }
      : {}),
  };
}

function thresholds({ at, when }: NonNullable<Panel['bad']>) {
  const [low, high] = when === 'above' ? ['green', 'red'] : ['red', 'green'];
  return {
    color: { mode: 'thresholds' },
    thresholds: {
      mode: 'absolute',
      steps: [
        { color: low, value: null },
        { color: high, value: at },
      ],
    },
  };
}
