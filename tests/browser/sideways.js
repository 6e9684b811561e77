// Opens pages in the frame of this one and returns a line for each fault: a page that scrolls
// sideways, a text that is cut or lies outside, one that is squeezed to a letter or two a line.
// Each page is measured at all widths in each of the styles, its disclosures as they are given.
// A style is CSS and the size of the letters of its font "Sized", the site's own first one, in percent.
async ({ paths, widths, styles, opened }) => {
    const SLACK = 1.5; // Slanted letters reach a little out of their boxes; in pixels.
    const frame = document.querySelector("iframe");
    const faults = [];
    let font = "";

    const faultOf = (text, range, width) => {
        range.selectNodeContents(text);
        const lines = [...range.getClientRects()].filter((line) => line.width);
        if (!lines.length) return "";
        const left = Math.min(...lines.map((line) => line.left));
        const right = Math.max(...lines.map((line) => line.right));
        const letter = parseFloat(getComputedStyle(text.parentElement).fontSize);
        if (lines.length > 3 && right - left < 1.5 * letter) return "squeezed";
        let holder = text.parentElement;
        while (holder && getComputedStyle(holder).overflowX === "visible") {
            holder = holder.parentElement;
        }
        if (["auto", "scroll"].includes(holder && getComputedStyle(holder).overflowX)) return "";
        const edge = holder ? holder.getBoundingClientRect() : { left: 0, right: width };
        return left < edge.left - SLACK || right > edge.right + SLACK ? "cut" : "";
    };

    const texts = (page) => {
        const found = [];
        const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const text = walker.currentNode;
            const hidden = text.parentElement.closest("script, style, noscript, .unseen");
            if (text.data.trim() && !hidden) found.push(text);
        }
        return found;
    };

    for (const path of paths) {
        await new Promise((loaded) => {
            frame.onload = loaded;
            frame.src = path;
        });
        const page = frame.contentDocument;
        font ||= page.querySelector('link[rel="preload"][as="font"]').href;
        const range = page.createRange();
        for (const [name, { css, percent }] of Object.entries(styles)) {
            const style = page.head.appendChild(page.createElement("style"));
            style.textContent = css;
            const letters = { weight: "400 600", sizeAdjust: `${percent || 100}%` };
            const face = new frame.contentWindow.FontFace("Sized", `url(${font})`, letters);
            if (percent) page.fonts.add(await face.load());
            page.body.getBoundingClientRect();
            await page.fonts.ready;
            for (const open of opened) {
                page.querySelectorAll("details").forEach((one) => (one.open = open));
                for (const width of widths) {
                    frame.style.inlineSize = `${width}px`;
                    const where = `${decodeURI(path)} at ${width} px, ${name}`;
                    const wide = page.scrollingElement.scrollWidth - width;
                    if (wide > 0) faults.push(`${where}: ${wide} px too wide`);
                    for (const text of texts(page)) {
                        const fault = faultOf(text, range, width);
                        if (fault) faults.push(`${where}: ${fault}: ${text.data.trim()}`);
                    }
                }
            }
            page.fonts.delete(face);
            style.remove();
        }
    }
    return faults;
}
