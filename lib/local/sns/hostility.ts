/**
 * The seam through which a simulation makes topics as bad as the service may be. Without hooks every delivery happens at once, and once.
 * A FIFO topic is only ever late, and keeps the order of each group ("Message delivery for FIFO topics").
 */
export interface SnsHostility {
  /**
   * How many milliseconds a delivery takes. On a standard topic each delivery has its own, so that later messages overtake ("Message
   * ordering and deduplication": best effort only).
   */
  lateByMs?(): number;
  /** After how many milliseconds a standard topic delivers the same message to the subscription once more; undefined for not at all. */
  copyAfterMs?(): number | undefined;
}
