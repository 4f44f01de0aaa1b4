/** Where one schedule's resources are; everything a worker needs to know. */
export interface Deployment {
  /** Starts the name of every resource. */
  readonly prefix: string;
  readonly tables: { readonly outbox: string; readonly inbox: string; readonly orders: string; readonly effects: string };
  /** ARNs by destination. */
  readonly topics: Readonly<Record<string, string>>;
  readonly streamArn: string;
  readonly consumers: readonly ConsumerQueues[];
}

/** The queues of one consumer. */
export interface ConsumerQueues {
  readonly name: string;
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly deadLetterQueueUrl: string;
  readonly undeliveredUrl: string;
}

/** Which handlers the consumers have: the proper ones, or some whose effect is outside their unit. */
export type Handlers = 'proper' | 'careless';

/** What a worker is. */
export interface Binding {
  /** What it calls itself, e.g. `relay-3`. */
  readonly process: string;
  /** `relay`, `sweeper`, `producer` or a consumer's name. */
  readonly role: string;
  readonly endpoint: string;
  readonly region: string;
  readonly deployment: Deployment;
  readonly handlers: Handlers;
}

/** Supervisor to worker. */
export interface Invocation {
  readonly id: number;
  readonly binding: Binding;
  readonly event: unknown;
  readonly timeoutMs: number;
}

/** Worker to supervisor. */
export type Ended = { readonly id: number } & ({ readonly payload: unknown } | { readonly error: string });

/** The event of a producer: one order, or without a customer one note. */
export interface OrderEvent {
  readonly orderId: string;
  readonly customer?: string;
}
