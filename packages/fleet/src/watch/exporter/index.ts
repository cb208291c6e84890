export { EXPORTER_METRICS, type ExporterSeries, type Sample } from './catalogue.ts';
export { type Exporter, type ExporterParts, openExporter } from './exporter.ts';
export { ExporterFault } from './exporter-fault.ts';
export { type ExporterSettings, exporterShape } from './settings.ts';
export { type RunningNode, type Target, type TargetReading, targetsOf } from './target.ts';
export { openWays, type Ways } from './ways.ts';
