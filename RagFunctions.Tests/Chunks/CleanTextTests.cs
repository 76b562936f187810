using RagFunctions.Core.Chunks;

namespace RagFunctions.Tests.Chunks;

public sealed class CleanTextTests
{
    [Theory]
    [InlineData("Футболка, «M» 😀!", "Футболка, «M» 😀!")]
    [InlineData("  a \r\n\t b\u00a0 c ", "a b c")]
    [InlineData("a\u0000b\u0007c", "abc")]
    [InlineData("\ufeffa", "a")]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void A_value_becomes_one_visible_line(string? value, string? expected) => Assert.Equal(expected, CleanText.Of(value));

    // Not in the theory: a lone surrogate does not survive in an attribute.
    [Fact]
    [Trait("Guarantee", "any-value")]
    public void Half_a_character_goes()
    {
        Assert.Equal("a", CleanText.Of("a\ud83d"));
        Assert.Equal("b", CleanText.Of("\ude00b"));
        Assert.Equal("😀", CleanText.Of("\ud83d\ud83d\ude00"));
        Assert.Null(CleanText.Of("\u0000 \ud83d"));
    }

    [Fact]
    public void A_clean_value_is_not_copied()
    {
        var value = new string("Футболка базовая".AsSpan());
        Assert.Same(value, CleanText.Of(value));
    }

    [Theory]
    [Trait("Guarantee", "any-value")]
    [InlineData("abcdef", 6, "abcdef")]
    [InlineData("abcdef", 5, "abcd…")]
    [InlineData("abc def", 5, "abc…")]
    [InlineData("abc😀ef", 5, "abc…")]
    public void A_name_is_cut_between_two_characters(string value, int length, string expected) => Assert.Equal(expected, CleanText.Clip(value, length));

    [Theory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    public void A_hash_is_the_SHA_256_of_the_bytes_in_lower_case(string text, string hash) => Assert.Equal(hash, ChunkHash.Of(text));

    [Theory]
    [InlineData(100)]
    [InlineData(681)]
    [InlineData(1_000_000)]
    public void A_hash_does_not_depend_on_where_the_bytes_are_kept(int length)
    {
        var text = string.Concat(Enumerable.Repeat("я😀", length / 3 + 1))[..(length / 3 * 3)];
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text))), ChunkHash.Of(text));
    }
}
