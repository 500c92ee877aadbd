/** An error in the words of the server: what is wrong, and what to do. */
import { WorkbenchError } from './api';

export function told(error: unknown): string {
  if (error instanceof WorkbenchError) {
    return `${error.message} ${error.hint}`.trim();
  }
  return error instanceof Error ? error.message : String(error);
}
