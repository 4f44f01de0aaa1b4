/** What the command's exit codes mean; part of its contract. */
export const EXIT = {
  /** It did what was asked, and the verdict holds. */
  ok: 0,
  /** It ran, and the verdict does not hold; a redrive stopped by itself, or left something; what was asked about was not agreed to; --check found something. */
  failed: 1,
  /**
   * It could not do what was asked: wrong arguments, unreadable input, a port in use, a stack out of reach; or it proved nothing: a demo of
   * which nothing was accepted, chaos that hit too little.
   */
  unusable: 2,
  /** Ended by Ctrl-C before it was done (128 + SIGINT). */
  interrupted: 130,
} as const;
