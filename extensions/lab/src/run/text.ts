/** The lines of a log: the newest few thousand, as a terminal would show them. */

/** More lines than this are not kept: the file has them all. */
const MOST = 5000;
// eslint-disable-next-line no-control-regex -- colours in a log are control characters
const COLOURS = /\u001b\[[0-9;?]*[A-Za-z]/g;

export class LogText {
  get lines(): readonly string[] {
    return this._lines;
  }

  /** How many lines went before the first that is kept. */
  get dropped(): number {
    return this._dropped;
  }

  get isEnded(): boolean {
    return this._isEnded;
  }

  /** Add text; a carriage return writes over its line, which is how progress bars move. */
  append(text: string): void {
    const parts = (this.open + text.replace(COLOURS, '')).split('\n');
    if (this.open) {
      this._lines.pop();
    }
    this.open = parts.pop() ?? '';
    this._lines.push(...parts.map(overwritten));
    if (this.open) {
      this._lines.push(overwritten(this.open));
    }
    const extra = this._lines.length - MOST;
    if (extra > 0) {
      this._lines.splice(0, extra);
      this._dropped += extra;
    }
  }

  clear(): void {
    this._lines.length = 0;
    this._dropped = 0;
    this._isEnded = false;
    this.open = '';
  }

  end(): void {
    this._isEnded = true;
  }

  private readonly _lines: string[] = [];
  private _dropped = 0;
  private _isEnded = false;
  /** The last line while it has no end yet. */
  private open = '';
}

function overwritten(line: string): string {
  const parts = line.split('\r').filter(Boolean);
  return parts[parts.length - 1] ?? '';
}
