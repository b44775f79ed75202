/** Server-sent events out of a byte stream; pure, so that cuts anywhere in the bytes are no matter. */

export interface RawEvent {
  name: string;
  id: string;
  data: string;
}

/** Takes text in pieces of any size and gives the events that are complete. */
export class EventParser {
  private rest = "";
  private name = "";
  private id = "";
  private data: string[] = [];

  take(piece: string): RawEvent[] {
    const found: RawEvent[] = [];
    const lines = (this.rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? "";
    for (const line of lines) {
      const event = this.line(line);
      if (event) found.push(event);
    }
    return found;
  }

  private line(line: string): RawEvent | null {
    if (line === "") return this.dispatch();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.name = value;
    else if (field === "id") this.id = value;
    else if (field === "data") this.data.push(value);
    return null;
  }

  private dispatch(): RawEvent | null {
    const event = { name: this.name || "message", id: this.id, data: this.data.join("\n") };
    const has = this.data.length > 0;
    this.name = "";
    this.data = [];
    return has ? event : null;
  }
}
