"""Catalogues as publishers hand them in, each with its traps."""

CSV = (
    '\ufeffSKU;Title;ISBN;"Description";Price\r\n'
    '1;"Salt; and iron";9780141026169;"A ""true"" story\r\nof two smiths.";3,50\r\n'
    "\r\n"
    "2;The Long Field;;A farm in winter.;4\r\n"
    '3;"broken;x\r\n'
    "4;No facts;;;4\r\n"
    '5;Salt and iron again;978-0-14-102616-9;Another text.;"5"\r\n'
    '6;Bread;;"<p>Flour &amp; water; no more.</p>";6'
)
"""Semicolons, a byte order mark, CRLF, a cell of two lines, an empty line, a lost quotation mark, a
row without a description, an ISBN that is there twice, HTML, and no newline at the end."""

JSONL = (
    '{"title": "Caf\\u00e9", "x" : [1, {"description": "no"}], "description" :"old", "z":1.50}\r\n'
    "\n"
    "not json\n"
    '{"description":"A farm.","title":"The Long Field","isbn":9780141026169}'
)
"""Spaces, escapes, a nested key of the same name, a number with a nought at its end, a bad line."""

_REFERENCE = """<?xml version="1.0" encoding="{encoding}"?>
<!-- <Product> in a comment -->
<ONIXMessage release="3.0" xmlns="http://ns.editeur.org/onix/3.0/reference">
 <Header><Sender><SenderName>P &amp; Sons</SenderName></Sender></Header>
 <Product><RecordReference>r1</RecordReference>
  <DescriptiveDetail><TitleDetail><TitleType>01</TitleType><TitleElement>
   <TitleElementLevel>01</TitleElementLevel><TitleText>Café</TitleText>
  </TitleElement></TitleDetail></DescriptiveDetail>
  <CollateralDetail>
   <TextContent><TextType>02</TextType><ContentAudience>00</ContentAudience>
    <Text>Short.</Text></TextContent>
   <TextContent><TextType>03</TextType><ContentAudience>00</ContentAudience>
    <Text textformat='05' language="eng"><p>Old <b>words</b></p></Text></TextContent>
  </CollateralDetail></Product>
 <Product><RecordReference>r2</RecordReference><NotificationType>05</NotificationType></Product>
 <Product><RecordReference>r3</RecordReference>
  <DescriptiveDetail><TitleDetail><TitleType>01</TitleType><TitleElement>
   <TitleElementLevel>01</TitleElementLevel><TitleText>The Long Field</TitleText>
  </TitleElement></TitleDetail></DescriptiveDetail>
  <CollateralDetail>
   <TextContent><TextType>02</TextType><ContentAudience>03</ContentAudience>
    <Text>A farm &gt; in winter.</Text></TextContent>
   <CitedContent/>
  </CollateralDetail></Product>
</ONIXMessage>
"""

SHORT = """<?xml version="1.0"?>
<o:ONIXmessage release="3.0" xmlns:o="http://ns.editeur.org/onix/3.0/short">
<o:product><o:a001>s1</o:a001><o:descriptivedetail><o:titledetail><o:b202>01</o:b202>
<o:titleelement><o:x409>01</o:x409><o:b203>Bread</o:b203></o:titleelement></o:titledetail>
</o:descriptivedetail><o:collateraldetail><o:textcontent><o:x426>03</o:x426><o:x427>00</o:x427>
<o:d104 textformat="02"><![CDATA[<p>Flour &amp; water.</p>]]></o:d104></o:textcontent>
</o:collateraldetail></o:product>
<o:product><o:a001>s2</o:a001><o:descriptivedetail><o:titledetail><o:b202>01</o:b202>
<o:titleelement><o:x409>01</o:x409><o:b203>Salt</o:b203></o:titleelement></o:titledetail>
</o:descriptivedetail><o:collateraldetail><o:textcontent><o:x426>01</o:x426><o:x427>00</o:x427>
<o:d104>Two smiths.</o:d104></o:textcontent></o:collateraldetail></o:product>
</o:ONIXmessage>
"""
"""Short tags with a prefix, HTML in CDATA; the second product has text 01 only."""


def reference(encoding: str) -> bytes:
    """A message with reference names; the second product is deleted, the third has no text 03."""
    return _REFERENCE.replace("{encoding}", encoding).encode(encoding)
