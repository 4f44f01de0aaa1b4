/** A batch as faults see it: which mapping, which function, which records. */
export interface BatchView {
  readonly mappingUuid: string;
  readonly functionArn: string;
  readonly eventSourceArn: string;
  /** Message ids (SQS) or sequence numbers (streams), in batch order. */
  readonly recordIds: readonly string[];
  /** The records as the handler would get them. */
  readonly records: readonly Readonly<Record<string, unknown>>[];
}

/** What can go wrong before the handler runs. */
type DeliveryFault =
  /** The batch was received and is then forgotten: its receive count is spent and no handler ran. A stream delivers it again later. */
  | { readonly kind: 'skip' }
  /** The batch is delivered twice: for SQS at the same time, for a stream once more after it succeeded (its checkpoint was lost). */
  | { readonly kind: 'duplicate' }
  /** The batch waits this long between its receipt and the invocation. */
  | { readonly kind: 'delay'; readonly ms: number };

/** What can go wrong after the handler ran. */
type ResponseFault =
  /** The response is lost: nothing is deleted, no checkpoint moves, though every effect happened. */
  { readonly kind: 'lose-response' };

/**
 * The seam for chaos and simulation: each hook may let the batch pass (undefined) or name one fault. Everything a fault causes is
 * something that the real service does now and then, so a correct consumer survives all of them.
 */
export interface MappingFaults {
  /** How many records at most the batch that opens may have: a batch may always be smaller than the mapping's batch size. */
  batchSize?(configured: number): number;
  beforeInvoke?(batch: BatchView): DeliveryFault | undefined;
  afterInvoke?(batch: BatchView): ResponseFault | undefined;
}
