/** A module that is loaded by a process. */
export default (name: string): string => name.toLowerCase();
