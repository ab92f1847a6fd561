// Shows candidate cards in pages of other people:
//
//   <script async src="https://cards.example/embed.js"></script>
//   <candidate-card src="https://cards.example/embed/TOKEN">
//     <a href="https://cards.example/embed/TOKEN">Candidate card</a>
//   </candidate-card>
//
// The card comes in a sandboxed frame from where this script comes from, and from nowhere else. What
// stands inside the element shows until the card has come; if it never does, that is what stays.
(() => {
  "use strict";

  const service = new URL(document.currentScript.src).origin;
  const tallest = 10000; // CSS px

  // In a shadow root no style of the page reaches the frame, and the important rules of its :host
  // win over the page's. A sheet made by script needs no leave of a content security policy.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial !important; display: block !important; visibility: inherit !important }
    :host([hidden]) { display: none !important }
    :host::before, :host::after { content: none !important }
    iframe { display: block; width: 100%; height: 0; border: 0 }
  `);

  const addressOf = (card) => {
    try {
      const url = new URL(card.getAttribute("src"), document.baseURI);
      return url.origin === service ? url.href : null;
    } catch {
      return null;
    }
  };

  class CandidateCard extends HTMLElement {
    static observedAttributes = ["src"];
    #root = this.attachShadow({ mode: "open" });
    #before = document.createElement("slot");
    #frame = null;
    #isShown = false;

    connectedCallback() {
      this.#root.adoptedStyleSheets = [sheet];
      this.#isShown = true;
      addEventListener("message", this);
      this.#load();
    }

    disconnectedCallback() {
      this.#isShown = false;
      removeEventListener("message", this);
      this.#frame?.remove();
    }

    attributeChangedCallback() {
      if (this.#isShown) this.#load();
    }

    #load() {
      this.#root.replaceChildren(this.#before);
      this.#frame = null;
      const address = addressOf(this);
      if (!address) return;
      const frame = (this.#frame = document.createElement("iframe"));
      frame.title = this.title || "Candidate card";
      frame.loading = "lazy";
      // Where the frame has no other way to know the page's origin; it tells no other its height.
      frame.referrerPolicy = "origin";
      frame.setAttribute("sandbox", "allow-scripts allow-popups allow-popups-to-escape-sandbox");
      frame.src = address;
      this.#root.append(frame);
    }

    // The origin of a sandboxed frame is "null", as any other's: the window tells who speaks.
    handleEvent({ source, data }) {
      const frame = this.#frame;
      if (!frame || source !== frame.contentWindow) return;
      if (data?.type !== "candidate-cards:height" || typeof data.height !== "number") return;
      if (!(data.height > 0)) return;
      this.#before.remove();
      frame.style.height = `${Math.min(Math.ceil(data.height), tallest)}px`;
      // Browsers paint an opaque ground under a frame whose scheme is not that of the page in it.
      frame.style.colorScheme = data.scheme === "dark" ? "dark" : "light";
    }
  }

  if (!customElements.get("candidate-card")) {
    customElements.define("candidate-card", CandidateCard);
  }
})();
