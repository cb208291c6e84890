/** The engine's view of the running network. Every call ends by a deadline. */
export interface SimulatedNetwork {
  /** Names as the file has them. */
  readonly names: readonly string[];
  readonly pause: (name: string) => Promise<void>;
  readonly resume: (name: string) => Promise<void>;
  readonly stop: (name: string) => Promise<void>;
  readonly start: (name: string) => Promise<void>;
  /** SIGKILL; the keeper of the network starts it again. */
  readonly kill: (name: string) => Promise<void>;
  /** Null if the node does not answer: that is never a number. */
  readonly reading: (name: string) => Promise<SimulatedReading | null>;
  /** Metrics as text; null if the node does not answer. */
  readonly metrics: (name: string) => Promise<string | null>;
  /** The log from its beginning. */
  readonly log: (name: string) => string;
}

export interface SimulatedReading {
  readonly best: number;
  readonly finalised: number;
  readonly peers: number;
}
