"""Small statement files of one invented account in every format, all saying the same, by hand from the specs."""

MT940 = """:20:STMT1
:25:10020030/0123456789
:28C:00012/001
:60F:C261101EUR1000,00
:61:2611031103CR250,75NTRF4B03616UONXSAWP//BANKREF001
:86:166?00CREDIT?20AMAZON PAYMENTS ?214B03616UONXSAWP?31DE44500105175407324931?32AMAZON
:61:2611041104D50,00NCHGNONREF
:86:Fee for the month
:62F:C261104EUR1200,75
-
"""

MT942 = """:20:STMT1
:25:10020030/0123456789
:28C:00012/001
:34F:EURD0,
:13D:2611031200+0100
:61:2611031103CR250,75NTRF4B03616UONXSAWP//BANKREF001
:86:AMAZON PAYMENTS
-
"""

OFX1 = """OFXHEADER:100
DATA:OFXSGML
VERSION:102
SECURITY:NONE
ENCODING:USASCII
CHARSET:1252
COMPRESSION:NONE
OLDFILEUID:NONE
NEWFILEUID:NONE

<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>20261105<LANGUAGE>ENG</SONRS></SIGNONMSGSRSV1>
<BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS><STMTRS><CURDEF>EUR
<BANKACCTFROM><BANKID>10020030<ACCTID>0123456789<ACCTTYPE>CHECKING</BANKACCTFROM>
<BANKTRANLIST><DTSTART>20261101<DTEND>20261105
<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20261103233000[-5:EST]<TRNAMT>250.75<FITID>F1<NAME>AMAZON &amp; CO
<MEMO>4B03616UONXSAWP</STMTTRN>
<STMTTRN><TRNTYPE>FEE<DTPOSTED>20261104<TRNAMT>-50,00<FITID>F2<NAME>Fee</STMTTRN>
</BANKTRANLIST><LEDGERBAL><BALAMT>1200.75<DTASOF>20261105</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
"""

OFX2 = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<?OFX OFXHEADER="200" VERSION="211" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>\n'
    "<OFX><BANKMSGSRSV1><STMTTRNRS><TRNUID>1</TRNUID><STMTRS><CURDEF>EUR</CURDEF><BANKACCTFROM><BANKID>1</BANKID>"
    "<ACCTID>0123456789</ACCTID><ACCTTYPE>CHECKING</ACCTTYPE></BANKACCTFROM><BANKTRANLIST>"
    "<DTSTART>20261101</DTSTART><DTEND>20261105</DTEND>"
    "<STMTTRN><TRNTYPE>CREDIT</TRNTYPE><DTPOSTED>20261103</DTPOSTED><TRNAMT>250.75</TRNAMT><FITID>F1</FITID>"
    "<NAME>AMAZON &amp; CO</NAME><MEMO>4B03616UONXSAWP</MEMO></STMTTRN>"
    "<STMTTRN><TRNTYPE>FEE</TRNTYPE><DTPOSTED>20261104</DTPOSTED><TRNAMT>-50.00</TRNAMT><FITID>F2</FITID>"
    "<NAME>Fee</NAME></STMTTRN></BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"
)


def camt(entries: str = "", opening: str = "1000.00", closing: str = "1200.75", head: str = "") -> str:
    """Return a CAMT.053 file; without entries of its own with those of the other formats."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'{head}<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M'
        "</MsgId></GrpHdr><Stmt><Id>STMT1</Id><Acct><Id><IBAN>DE44500105175407324931</IBAN></Id><Ccy>EUR</Ccy></Acct>"
        + balance("OPBD", opening)
        + balance("CLBD", closing)
        + (entries or entry("250.75", "CRDT", "2026-11-03", "BANKREF001", "4B03616UONXSAWP") + _FEE)
        + "</Stmt></BkToCstmrStmt></Document>\n"
    )


def balance(code: str, amount: str) -> str:
    """Return a balance, in credit unless it begins with a minus."""
    side = "DBIT" if amount.startswith("-") else "CRDT"
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{amount.lstrip("-")}</Amt>'
        f"<CdtDbtInd>{side}</CdtDbtInd><Dt><Dt>2026-11-04</Dt></Dt></Bal>"
    )


def entry(amount: str, side: str, day: str, bank_id: str, reference: str = "", status: str = "BOOK") -> str:
    """Return one entry."""
    return (
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>{status}</Cd></Sts>'
        f"<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>{bank_id}</AcctSvcrRef>"
        f"<NtryDtls><TxDtls><Refs><EndToEndId>{reference or 'NOTPROVIDED'}</EndToEndId></Refs>"
        "<RmtInf><Ustrd>AMAZON PAYMENTS</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )


_FEE = entry("50.00", "DBIT", "2026-11-04", "BANKREF002")

CSV = """Account statement;;;;;
Booked;Valued;Amount;Currency;Text;Account
03.11.2026;03.11.2026;250,75;EUR;AMAZON PAYMENTS 4B03616UONXSAWP;0123456789
04.11.2026;04.11.2026;-50,00;EUR;Fee;0123456789
"""
CSV_LAYOUT = {
    "booking_date": "Booked",
    "value_date": "Valued",
    "amount": "Amount",
    "currency": "Currency",
    "text": "Text",
    "account": "Account",
}
