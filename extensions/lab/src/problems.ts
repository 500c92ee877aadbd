/** What the server refuses, in its words: who acts, what is wrong, and what to do. */

/** What the server refused: the code says who acts, the message what is wrong, the hint what to do. */
export class WorkbenchError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly hint = ''
  ) {
    super(message);
    this.name = 'WorkbenchError';
  }
}

/** Codes of this side: the server does not answer, or does not know the workbench. */
export const OFFLINE = 'offline';
export const MISSING = 'missing';

export function told(error: unknown): string {
  if (error instanceof WorkbenchError) {
    return `${error.message} ${error.hint}`.trim();
  }
  return error instanceof Error ? error.message : String(error);
}
