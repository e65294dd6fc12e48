using Redoubt.Testing;

namespace Redoubt.Conformance.Protocol;

/// <summary>Requests at the edge of the protocol and past it, by name. What Redis answers is the expectation.</summary>
internal static class ProtocolCases
{
    private const int InlineMax = 64 * 1024;

    public static IReadOnlyDictionary<string, string> Inline { get; } = new Dictionary<string, string>
    {
        ["a command"] = "PING\r\n",
        ["a command ended by a bare line feed"] = "PING\n",
        ["arguments between spaces and tabs"] = "  SET   a\t b  \r\nGET a\r\n",
        ["double quotes"] = "SET a \"b c\"\r\nGET a\r\n",
        ["escapes in double quotes"] = "SET a \"\\x41\\n\\r\\t\\b\\a\\\\\\\"\\q\\xzz\"\r\nGET a\r\n",
        ["single quotes"] = "SET a 'it\\'s \\n'\r\nGET a\r\n",
        ["an empty argument in quotes"] = "SET a \"\"\r\nGET a\r\nECHO ''\r\n",
        ["quotes inside a word"] = "SET a b\"c d\"\r\nGET a\r\n",
        ["text right after a closing quote"] = "SET a \"b\"c\r\n",
        ["an unbalanced double quote"] = "SET a \"b\r\n",
        ["an unbalanced single quote"] = "SET a 'b\r\n",
        ["unbalanced quotes amid a pipeline"] = "PING\r\nSET a \"b\r\nPING\r\n",
        ["empty lines"] = "\r\n\r\n\nPING\r\n",
        ["a line of spaces"] = "   \r\nPING\r\n",
        ["an unknown command"] = "bogus one two\r\n",
        ["high bytes"] = "ECHO \xff\xfe\r\n",
        ["a carriage return inside a word"] = "ECHO a\rb\r\n",
        ["a line just within the limit"] = "ECHO " + new string('x', InlineMax - 100) + "\r\n",
        ["mixed with arrays"] = "PING\r\n*1\r\n$4\r\nPING\r\nECHO x\r\n*2\r\n$4\r\nECHO\r\n$1\r\ny\r\n",
        ["QUIT amid a pipeline"] = "PING\r\nQUIT\r\nPING\r\n",
        ["a HTTP request"] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        ["a HTTP POST"] = "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nPING",
    };

    public static IReadOnlyDictionary<string, string> Arrays { get; } = new Dictionary<string, string>
    {
        ["an empty array"] = "*0\r\n*1\r\n$4\r\nPING\r\n",
        ["a null array"] = "*-1\r\n*1\r\n$4\r\nPING\r\n",
        ["an array of negative length"] = "*-10\r\n*1\r\n$4\r\nPING\r\n",
        ["an array length that is no number"] = "*abc\r\n",
        ["an array length that is missing"] = "*\r\n",
        ["an array length with a sign"] = "*+1\r\n$4\r\nPING\r\n",
        ["an array length with a leading zero"] = "*01\r\n$4\r\nPING\r\n",
        ["an array length with a space"] = "*1 \r\n$4\r\nPING\r\n",
        ["an array length past the limit"] = "*2147483648\r\n",
        ["an array length past 64 bits"] = "*99999999999999999999\r\n",
        ["an integer where a bulk should be"] = "*1\r\n:5\r\n",
        ["a word where a bulk should be"] = "*1\r\nPING\r\n",
        ["an array where a bulk should be"] = "*1\r\n*1\r\n$4\r\nPING\r\n",
        ["a line end where a bulk should be"] = "*1\r\n\r\n",
        ["a null bulk"] = "*2\r\n$4\r\nECHO\r\n$-1\r\n",
        ["a bulk length that is no number"] = "*1\r\n$abc\r\n",
        ["a bulk length that is missing"] = "*1\r\n$\r\n",
        ["a bulk length with a sign"] = "*1\r\n$+4\r\nPING\r\n",
        ["a bulk length past the limit"] = "*1\r\n$536870913\r\n",
        ["a bulk length past 64 bits"] = "*1\r\n$99999999999999999999\r\n",
        ["a bulk followed by other bytes than a line end"] = "*1\r\n$4\r\nPINGxy*1\r\n$4\r\nPING\r\n",
        ["an empty command name"] = "*1\r\n$0\r\n\r\n",
        ["an empty argument"] = "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n",
        ["line ends inside an argument"] = "*2\r\n$4\r\nECHO\r\n$6\r\na\r\nb\r\n\r\n",
        ["an error amid a pipeline"] = "*1\r\n$4\r\nPING\r\n*1\r\n$-5\r\n*1\r\n$4\r\nPING\r\n",
        ["an error at the end of a long pipeline"] = string.Concat(Enumerable.Repeat("*1\r\n$4\r\nPING\r\n", 200)) + "*x\r\n",
        ["a bad length after SET"] = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$-2\r\n",
    };

    /// <summary>Lines that have grown past the limit before their end has come.</summary>
    public static IReadOnlyDictionary<string, string> Endless { get; } = new Dictionary<string, string>
    {
        ["an inline line"] = "ECHO " + new string('x', InlineMax + 100),
        ["an array length"] = "*" + new string('1', InlineMax + 100),
        ["a bulk length"] = "*1\r\n$" + new string('1', InlineMax + 100),
    };

    public static IReadOnlyDictionary<string, string> Sessions { get; } = new Dictionary<string, string>
    {
        ["RESP3 and back"] = "HELLO 3\r\nGET none\r\nMGET none a\r\nCONFIG GET timeout\r\nRESET\r\nGET none\r\nCONFIG GET timeout\r\n",
        ["replies off and on"] = "CLIENT REPLY OFF\r\nSET a 1\r\nbogus\r\nCLIENT REPLY ON\r\nGET a\r\n",
        ["one reply skipped"] = "CLIENT REPLY SKIP\r\nSET a 2\r\nGET a\r\n",
        ["skip within off"] = "CLIENT REPLY OFF\r\nCLIENT REPLY SKIP\r\nPING\r\nCLIENT REPLY ON\r\nGET none\r\n",
        ["skip before an error"] = "CLIENT REPLY SKIP\r\nbogus\r\nPING\r\n",
        ["skip twice"] = "CLIENT REPLY SKIP\r\nCLIENT REPLY SKIP\r\nPING\r\nPING\r\n",
        ["reset turns replies on"] = "CLIENT REPLY OFF\r\nRESET\r\nGET none\r\n",
        ["reset forgets name and database"] = "CLIENT SETNAME me\r\nSELECT 3\r\nSET inthree 1\r\nRESET\r\nCLIENT GETNAME\r\nEXISTS inthree\r\n",
        ["hello with a name"] = "HELLO 2 SETNAME me\r\nCLIENT GETNAME\r\n",
        ["a command in mixed case"] = "sEt a 3\r\ngEt a\r\n",
    };

    public static IReadOnlyDictionary<string, string> Unauthenticated { get; } = new Dictionary<string, string>
    {
        ["a read"] = "GET a\r\n",
        ["a ping"] = "PING\r\n",
        ["an unknown command"] = "bogus\r\n",
        ["wrong arity"] = "GET\r\n",
        ["QUIT"] = "QUIT\r\n",
        ["RESET"] = "RESET\r\n",
        ["HELLO"] = "HELLO 3\r\n",
        ["HELLO with a wrong password"] = "HELLO 3 AUTH default wrong\r\nGET a\r\n",
        ["HELLO with the password"] = "HELLO 2 AUTH default secret SETNAME me\r\nGET a\r\nCLIENT GETNAME\r\n",
        ["a wrong password"] = "AUTH wrong\r\nGET a\r\n",
        ["the password"] = "AUTH secret\r\nGET a\r\n",
        ["the password with the user"] = "AUTH default secret\r\nGET a\r\n",
        ["another user"] = "AUTH nobody secret\r\n",
        ["RESET after the password"] = "AUTH secret\r\nRESET\r\nGET a\r\n",
        ["ten arguments"] = "*10\r\n" + string.Concat(Enumerable.Repeat("$1\r\na\r\n", 10)),
        ["eleven arguments"] = "*11\r\n" + string.Concat(Enumerable.Repeat("$1\r\na\r\n", 11)),
        ["an argument within the limit"] = "*2\r\n$3\r\nGET\r\n$16384\r\n" + new string('a', 16384) + "\r\n",
        ["an argument past the limit"] = "*2\r\n$3\r\nGET\r\n$16385\r\n" + new string('a', 16385) + "\r\n",
    };

    /// <summary>A pipeline of every form of request, to be cut at each of its bytes.</summary>
    public static byte[] EveryForm { get; } = Wire.Bytes("SET cut \"a b\\x00\"\r\n*2\r\n$3\r\nGET\r\n$3\r\ncut\r\n\r\n*0\r\nPING\n*3\r\n$6\r\nAPPEND\r\n$3\r\ncut\r\n"
        + "$5\r\n\r\n$1\r\r\n*2\r\n$3\r\nGET\r\n$3\r\ncut\r\nbogus 'x y'\r\n*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nDEL\r\n$3\r\ncut\r\n");
}
